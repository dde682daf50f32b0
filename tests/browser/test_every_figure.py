"""Every figure of every loss is on the page with the numbers that the library gives for the same question."""

import base64
import re
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect

from mouse.batch import load_batch, save_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import PANELS
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import FigureResult
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen
from tests.server.answers import answered
from tests.server.odd_batches import FLOATS, Odd, of_shape, with_entry, without

pytestmark = pytest.mark.browser

SWITCHED_ON = {"dqn": "&dqn.cql_weight=0.5", "sp": "&sp.loss_type=js&sp.temperature=0.1"}
"""Settings under which no figure is empty."""
PANELS_OF = [
    (name, panel)
    for name, loss in LOSSES.items()
    for panel in PANELS
    if panel not in {"term", "changes"} and any(f.panel == panel and f.fits(loss) for f in FIGURES.values())
]
ODD = [
    *(Odd(of_shape(*shape), FLOATS) for shape in ((1, 2, 2, 2), (2, 3, 1, 4), (3, 600, 18, 8))),
    *(Odd(with_entry(name, entry), [name]) for name, entry in (("reward", nan), ("q_star", -inf), ("dqn", inf))),
    Odd(without("dqn_target"), ["dqn_target"]),
]
PAINTED = """
testid => {
  const plot = document.querySelector(`[data-testid="${testid}"] .js-plotly-plot`);
  const numbers = (array) => array && Array.from(array.flat?.(1) ?? array, each =>
    each?.length === undefined || typeof each === "string" ? each : Array.from(each)).flat();
  const plain = (array) => numbers(array)?.map(each => typeof each === "number" ? String(each) : each);
  return plot.data.map((_, index) => {
    const trace = plot._fullData.find(found => found.index === index);
    return Object.fromEntries(["x", "y", "z", "r", "theta"].map(axis => [axis, plain(trace?.[axis])]));
  });
}
"""


@pytest.fixture(scope="module")
def batch(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return Batch(dashboard.demo_id, *load_batch(dashboard.file(dashboard.demo_id, tmp_path_factory.mktemp("batch"))))


@pytest.mark.parametrize("name", LOSSES)
def test_every_panel_shows_the_librarys_numbers(page: Page, dashboard: Dashboard, batch: Batch, name: str) -> None:
    screen, asked = Screen(page), list[Any]()

    def heard(request: Request) -> None:
        if request.url.endswith("/evaluate"):
            asked.append(request.post_data_json)

    page.on("request", heard)
    page.goto(dashboard.url + SWITCHED_ON.get(name, ""))
    screen.settle()
    screen.pick_loss(name)
    screen.click_map(0.6, 0.4)
    expect(screen.part("transition-place")).to_be_visible()
    for panel in [panel for owner, panel in PANELS_OF if owner == name]:
        screen.open_panel(panel)
        figures = [
            figure
            for figure in answered(batch, EvaluateRequest.model_validate(asked[-1])).figures
            if next(found for found in FIGURES.values() if found.name == figure.kind).panel == panel
        ]
        assert figures != [], panel
        for figure in figures:
            assert_shown(screen, figure)
    page.remove_listener("request", heard)


def assert_shown(screen: Screen, figure: FigureResult) -> None:
    part = f"figure-{figure.kind}"
    expect(screen.part(f"{part}-note")).to_have_text(figure.note)
    if figure.table is not None:
        cells = screen.part(part).locator("tbody [data-value]")
        shown = [float(cell.get_attribute("data-value") or "missing") for cell in cells.all()]
        wanted = [float(value) for row in figure.table.rows for value in row if type(value) in {int, float}]
        np.testing.assert_array_equal(shown, wanted, err_msg=figure.kind)
        return
    assert figure.figure is not None, f"{figure.kind} is empty: {figure.note}"
    screen.part(part).scroll_into_view_if_needed()
    expect(screen.part(part).locator(".main-svg").first).to_be_visible()
    painted: list[dict[str, list[Any] | None]] = screen.page.evaluate(PAINTED, part)
    traces: list[dict[str, Any]] = figure.figure.data
    assert len(painted) == len(traces)
    for drawn, trace in zip(painted, traces, strict=True):
        for axis, numbers in arrays_of(trace):
            shown = [nan if each is None else float(each) for each in drawn[axis] or []]
            np.testing.assert_array_equal(shown, numbers, err_msg=f"{figure.kind}.{axis}")


def arrays_of(trace: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The axes of a trace that hold numbers."""
    for axis in ("x", "y", "z", "r", "theta"):
        values: Any = trace.get(axis)
        if hasattr(values, "keys"):
            flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
            yield axis, flat.astype(float)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.batch.id)
def test_whatever_is_odd_every_panel_is_drawn_or_says_why_it_is_not(
    page: Page, dashboard: Dashboard, odd: Odd, tmp_path: Path
) -> None:
    whole = cast("Any", odd.batch)
    file = tmp_path / f"{odd.batch.id}.safetensors"
    save_batch(file, whole.step_stream, whole.out)
    screen = open_file(page, dashboard, file, tab="overview")
    screen.settle()
    for name in odd.losses:
        loss = LOSSES[name]
        if loss.missing(whole.step_stream, whole.out):
            expect(screen.part(f"loss-missing-{name}")).to_be_visible()
            continue
        screen.part(f"loss-tab-{name}").click()
        value, refusal = screen.part("loss-value"), page.get_by_text("This loss has no value.")
        expect(value.or_(refusal)).to_be_visible()
        if refusal.is_visible():
            continue
        screen.settle()
        for panel in [panel for owner, panel in PANELS_OF if owner == name]:
            screen.open_panel(panel)
            for figure in page.locator("[data-testid^='figure-'][data-term]").all():
                figure.scroll_into_view_if_needed()
                told = page.get_by_test_id(f"{figure.get_attribute('data-testid')}-note")
                drawn = figure.locator(".main-svg, table").first
                expect(drawn.or_(told.filter(has_text=re.compile(r"\S"))).first).to_be_visible()
