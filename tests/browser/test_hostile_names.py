"""Names of fields, files and runs that would be markup, code or placeholders anywhere else."""

from pathlib import Path
from urllib.parse import quote

import pytest
import torch
from playwright.sync_api import Page, expect
from tensordict import TensorDict

import mouse
from mouse.batch import save_batch
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.browser.test_report import reader, saved

__all__ = ["reader"]
pytestmark = pytest.mark.browser

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(1)</script>"
LINK = '<a href="https://evil.example">x</a>'
TEMPLATE = "%{customdata[0]} %{x}"
SHOWN = (IMAGE, SCRIPT, LINK, TEMPLATE)
FILE = "\u202e<img src=x onerror=alert(1)>"
SHOWN_FILE = r"\u202e<img src=x onerror=alert(1)>"
TEXTS = "() => [...document.querySelectorAll('body, svg text')].map(each => each.textContent).join('\\n')"


def assert_harmless(page: Page) -> None:
    """Nothing of a name became an element."""
    assert page.locator("img[src='x'], a[href*='evil.example'], script:not([src]):not(:empty)").count() == 0


def test_check_19_names_are_text_on_the_page_in_figures_and_in_reports(
    demo: Screen, reader: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    page = demo.page
    generator = torch.Generator().manual_seed(3)
    fields = {name: torch.randn(6, 12, generator=generator) for name in [*SHOWN, "n" * 200, "pg_loss"]}
    batch = TensorDict(fields, [6, 12]), TensorDict({}, [6, 12])
    save_batch(tmp_path / "sent.safetensors", *batch, loss="pg_loss")
    for run in (IMAGE, LINK, TEMPLATE):
        with mouse.Client(dashboard.base, run=run) as client:
            client.push({"pg_loss": fields["pg_loss"]}, loss="pg_loss", step=1)
    demo.upload((tmp_path / "sent.safetensors").rename(tmp_path / f"{FILE}.safetensors"))
    demo.shows(SHOWN_FILE)
    demo.part("tab-data").click()
    for name in SHOWN:
        row = page.locator(f"[data-testid={_quoted(f'data-field-step_stream.{name}')}]")
        row.get_by_role("button").first.click()
        expect(demo.part("data-map")).to_have_attribute("data-term", f"step_stream.{name}")
        expect(row).to_contain_text(name)
        area = demo.part("data-map").locator(".nsewdrag").first.bounding_box()
        assert area is not None
        page.mouse.move(area["x"] + area["width"] * 0.5, area["y"] + area["height"] * 0.5)
        expect(demo.part("data-map").locator(".hovertext").first).to_be_visible()
        assert name in page.evaluate(TEXTS)
        assert_harmless(page)
    demo.pick_loss("recorded")
    address = page.url.partition("&")[0]
    for name in (IMAGE, TEMPLATE):
        page.goto(f"{address}&loss=recorded&term={quote(name)}")
        demo.settle()
        expect(demo.part("term-map")).to_have_attribute("data-term", name)
        assert name in page.evaluate(TEXTS)
        assert_harmless(page)
    reader.goto(saved(demo, tmp_path).as_uri())
    assert_harmless(reader)
    expect(reader.locator("h1")).to_contain_text(SHOWN_FILE)
    for name in SHOWN:
        expect(reader.get_by_text(name).first).to_be_visible()
    assert reader.locator("img, script, body a[href*='evil']").count() == 0


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
