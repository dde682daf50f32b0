"""`mouse demo --live` on the page: a run that goes on while one looks at it."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from mouse.demo.live import RUN
from tests.browser.conftest import Dashboard, running
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Generator[Dashboard]:
    """The command, as the README gives it."""
    with running("demo", "--live", data_dir=tmp_path_factory.mktemp("live")) as live:
        yield live


def test_it_is_followed_from_snapshot_to_snapshot(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url)
    screen = Screen(page)
    page.evaluate("window.untouched = true")
    expect(screen.part("run-name")).to_have_text(RUN)
    expect(screen.part("run-follow")).to_be_checked()
    step = screen.part("run-step")
    seen = step.get_attribute("data-value") or "missing"
    expect(step).not_to_have_attribute("data-value", seen, timeout=60_000)
    assert screen.number("run-step") > int(seen)
    screen.part("run-follow").uncheck(force=True)
    screen.settle_overview()
    assert screen.number("tile-dqn-loss") > 0
    assert page.evaluate("window.untouched"), "the page was loaded anew"
