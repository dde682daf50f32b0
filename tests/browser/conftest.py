"""A dashboard as a user starts it, and a Chromium that looks at it."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import quote

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from mouse.demo import DemoSize, make_demo_batch
from mouse_dashboard.store.demo_batch import stored_demo_batch
from tests.browser.screen import Screen
from tests.shared_files import made_once

MOUSE = str(Path(sys.executable).with_name("mouse"))
UNUSED = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"]
"""What Chromium starts beside every page and no test looks at: two pages behind the address bar, a spare process."""
OFF_BY_DEFAULT = [
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "PaintHolding"),
    *("HttpsFirstBalancedModeAutoEnable", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("AimEnabled", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints"),
    "PreconnectToSearch",
]
"""What Playwright turns off itself: Chromium heeds the last list alone."""
FLAGS = [
    f"--disable-features={','.join(UNUSED + OFF_BY_DEFAULT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Nothing is drawn on a graphics card, and nothing of the browser's own calls out."""
KEPT = 8
"""Snapshots that the dashboard keeps of a run."""
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
LEAVING = 10_000
"""Milliseconds until a page that cannot be left is closed."""
PATIENCE = 60_000
"""Milliseconds until what does not appear is missing, on a busy machine too: snapshots are examined last of all."""


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    url: str
    """The address that it printed."""

    @property
    def base(self) -> str:
        """The address without its query."""
        return self.url.partition("?")[0]

    @property
    def dqn(self) -> str:
        """The address of the demo batch's DQN loss."""
        return f"{self.url}&loss=dqn"

    @property
    def demo_id(self) -> str:
        """Id of the demo batch that it opened."""
        return self.url.partition("batch=")[2]

    def file(self, batch_id: str, folder: Path) -> Path:
        """Download a batch."""
        path = folder / f"{batch_id}.safetensors"
        with urllib.request.urlopen(f"{self.base}api/batches/{batch_id}/file") as answer:  # noqa: S310
            path.write_bytes(answer.read())
        return path

    def send(self, path: Path) -> str:
        """Send a batch as a script would, where its upload by the page is not what is tested; its id."""
        address = f"{self.base}api/batches?name={quote(path.name)}"
        request = urllib.request.Request(address, path.read_bytes(), {"Content-Type": "application/octet-stream"})  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)["id"]


@pytest.fixture(scope="session")
def demo_batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo batch, which one worker makes for all, of a model that learned for a shorter time."""
    return made_once(tmp_path_factory, "demo.safetensors", partial(make_demo_batch, size=DemoSize(updates=30)))


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory, demo_batch: Path) -> Generator[Dashboard]:
    """`mouse dashboard` with no file given, which keeps few snapshots of a run."""
    data_dir = with_demo(tmp_path_factory.mktemp("data"), demo_batch)
    with running_dashboard(data_dir, MOUSE_KEEP_SNAPSHOTS=str(KEPT)) as running:
        yield running


def with_demo(data_dir: Path, demo_batch: Path) -> Path:
    """Store the demo batch in a new data folder, as the first start does."""
    stored_demo_batch(data_dir, 0, lambda path, _seed: shutil.copyfile(demo_batch, path))
    return data_dir


def running_dashboard(data_dir: Path, *words: str, **variables: str) -> AbstractContextManager[Dashboard]:
    """`mouse dashboard` on a free port, with variables of its own, until the block ends."""
    return running("dashboard", *words, data_dir=data_dir, **variables)


@contextmanager
def running(*words: str, data_dir: Path, **variables: str) -> Generator[Dashboard]:
    """A command that serves, on a free port, with variables of its own, until the block ends."""
    command = [MOUSE, *words, "--no-open", "--port", "0", "--data-dir", str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables}) as process:
        try:
            yield Dashboard(_printed_url(cast("IO[str]", process.stdout)))
        finally:
            process.terminate()


def _printed_url(output: IO[str]) -> str:
    said: list[str] = []
    for line in output:
        said.append(line)
        if match := re.search(r"http://\S+", line):
            return match[0]
    raise AssertionError(f"no URL in {said}")


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """The Chromium that MOUSE_CHROMIUM names, or Playwright's own."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ.get("MOUSE_CHROMIUM"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Generator[BrowserContext]:
    """One with a desktop screen and a clipboard, who keeps the scripts of the page in the browser's cache.

    Nothing moves that need not: a placeholder that glows is drawn sixty times a second, by the processor.
    """
    visitor = browser.new_context(
        viewport=DESKTOP,
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    visitor.set_default_timeout(PATIENCE)
    yield visitor
    visitor.close()


@pytest.fixture
def context(visitor: BrowserContext, dashboard: Dashboard) -> Generator[BrowserContext]:
    """The visitor, who closes all tabs after the test but the first, and forgets what was said there.

    A tab that stays has the page's scripts compiled: to open the page in a new one takes half as long again. One that
    no longer answers is closed.
    """
    yield visitor
    first, *others = visitor.pages or [visitor.new_page()]
    for page in others:
        page.close()
    try:
        first.unroute_all(behavior="ignoreErrors")
        first.goto(f"{dashboard.base}api/health", timeout=LEAVING)
        first.evaluate("localStorage.clear(); sessionStorage.clear()")
        first.set_viewport_size(DESKTOP)
        first.emulate_media(color_scheme="light")
        session = visitor.new_cdp_session(first)
        session.send("Page.resetNavigationHistory")
        session.detach()
    except PlaywrightError:
        first.close()
    visitor.clear_cookies()


@pytest.fixture
def page(context: BrowserContext, dashboard: Dashboard) -> Generator[Page]:
    """A page whose console stays clean and that asks nobody but the dashboard."""
    page = context.pages[0] if context.pages else context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        refused = "Failed to load resource" in message.text and " 4" in message.text  # a 4xx that a test provokes
        if message.type in {"error", "warning"} and not refused:
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith((dashboard.base, "data:", "blob:")):
            complaints.append(f"request to {request.url}")

    def raised(error: PlaywrightError) -> None:
        complaints.append(str(error))

    def opened(dialog: Dialog) -> None:
        complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    listeners: dict[Any, Any] = {"console": heard, "pageerror": raised, "request": asked, "dialog": opened}
    for event, listener in listeners.items():
        page.on(event, listener)
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert complaints == []


@pytest.fixture
def demo(page: Page, dashboard: Dashboard) -> Screen:
    """The dashboard on the DQN loss of its demo batch."""
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    return screen


def open_file(page: Page, dashboard: Dashboard, path: Path, tab: str = "dqn") -> Screen:
    """The page on a batch of one's own, without a look at the demo batch before."""
    page.goto(f"{dashboard.base}?batch={dashboard.send(path)}&loss={tab}")
    screen = Screen(page)
    screen.shows(path.name)
    return screen
