"""The report of a screen, opened from disk by a browser without a network, holds the numbers on screen."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(browser: Browser) -> Generator[Page]:
    """Somebody with the file, no network and no script."""
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def value(part: Locator) -> float:
    return float(part.locator("[data-value]").first.get_attribute("data-value") or "missing")


def saved(demo: Screen, folder: Path) -> Path:
    demo.part("download-menu").click()
    with demo.page.expect_download() as download:
        demo.part("download-report").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_the_report_holds_the_numbers_on_screen_and_every_open_figure_with_its_note(
    demo: Screen, reader: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    demo.type_into("gamma", "0.8")
    demo.type_into("cql_weight", "0.5")
    demo.pick_term("loss")
    demo.click_map(0.3, 0.6)
    expect(demo.part("transition-place")).to_be_visible()
    demo.settle()
    frames = demo.page.locator("h3:visible").all_text_contents()
    note = demo.part("term-histogram-note").text_content() or ""
    path = saved(demo, tmp_path)
    assert path.name == f"{(demo.part('batch-name').text_content() or '').removesuffix('.safetensors')}-dqn-report.html"
    reader.goto(path.as_uri())
    dqn = reader.locator("[data-loss='dqn']")
    assert value(dqn.locator("[data-name='loss']")) == demo.number("loss-value")
    assert value(reader.locator("[data-name='total']")) == demo.number("total-value")
    metrics = demo.metrics()
    shown = dqn.locator("[data-name='metrics'] tr").all()
    assert {row.get_attribute("data-name"): value(row) for row in shown} == metrics
    changed = dqn.locator("[data-name='config'] tbody tr")
    assert changed.all_text_contents() == ["gamma0.80.99", "cql_weight0.50"]
    for name, number in demo.terms().items():
        row = reader.locator(f"[data-name='transition'] tr[data-name='{name}']")
        numbers = [float(found.get_attribute("data-value") or "") for found in row.locator("[data-value]").all()]
        assert numbers == (
            [] if number is None or isinstance(number, bool) else number if isinstance(number, list) else [number]
        )
    assert set(reader.locator("[data-loss]").evaluate_all("all => all.map(one => one.dataset.loss)")) == {
        "dqn",
        "vec_dqn",
        "sp",
        "sv",
    }
    assert dashboard.demo_id in (reader.locator("body").text_content() or "")
    assert "DqnLossConfig(gamma=0.8, cql_weight=0.5)" in (reader.locator("pre").text_content() or "")
    assert reader.get_by_role("link").get_attribute("href") == demo.page.url

    figures = reader.locator("figure")
    expect(figures).to_have_count(len(frames))
    expect(figures.nth(0).locator("h3")).to_have_text("Map of loss")
    expect(figures.nth(1)).to_contain_text(note)
    expect(figures.nth(0).locator("svg image, svg .hm")).not_to_have_count(0)
    for figure in figures.all():
        expect(figure.locator("svg, table").first).to_be_visible()
