"""What a user sees and does on the page, by the names of its parts."""

import math
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

FIGURE_NUMBERS = """
testid => {
  const plot = document.querySelector(`[data-testid="${testid}"] .js-plotly-plot`);
  const z = plot.calcdata?.[0]?.[0]?.z ?? plot._fullData[0].z;
  return Array.from(z, row => Array.from(row));
}
"""

TRACE_NUMBERS = """
([testid, name]) => {
  const plot = document.querySelector(`[data-testid="${testid}"] .js-plotly-plot`);
  const trace = plot._fullData.find(found => found.name === name);
  return { x: Array.from(trace.x ?? [], Number), y: Array.from(trace.y, Number) };
}
"""


class Screen:
    """The page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def part(self, name: str) -> Locator:
        """A part of the page."""
        return self.page.get_by_test_id(name)

    def settle(self) -> None:
        """Wait until numbers and figures answer to the controls."""
        expect(self.part("loss-value").or_(self.part("overview"))).to_be_visible()
        expect(self.part("workbench")).to_have_attribute("aria-busy", "false")
        expect(self.page.locator("[data-stale]")).to_have_count(0)

    def settle_overview(self) -> None:
        """Wait until the overview answers to the controls, gradients and findings included."""
        expect(self.part("workbench")).to_have_attribute("aria-busy", "false")
        expect(self.part("findings")).to_be_visible()
        expect(self.part("leads")).to_be_visible()
        expect(self.page.locator("[data-stale], [data-before]")).to_have_count(0)

    def number(self, name: str) -> float:
        """The exact number behind what a part shows."""
        return float(self.part(name).get_attribute("data-value") or "missing")

    def metrics(self) -> dict[str, float]:
        """Every metric with its exact number."""
        found = self.page.locator("[data-testid^='metric-'][data-value]")
        names = [item.get_attribute("data-testid") or "" for item in found.all()]
        return {name.removeprefix("metric-"): self.number(name) for name in names}

    def type_into(self, field: str, text: str) -> None:
        """Type a value of the config and confirm it."""
        box = self.part(f"field-{field}-input")
        box.fill(text)
        box.press("Enter")

    def drag(self, field: str, share: float) -> None:
        """Drag a slider with the mouse, in several moves, to a share of its length."""
        slider = self.part(f"field-{field}-slider")
        track = slider.bounding_box()
        thumb = slider.get_by_role("slider").bounding_box()
        assert track is not None
        assert thumb is not None
        mouse = self.page.mouse
        mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
        mouse.down()
        mouse.move(track["x"] + track["width"] * share, track["y"] + track["height"] / 2, steps=25)
        mouse.up()

    def pick_loss(self, name: str) -> None:
        """Show another loss."""
        self.part(f"loss-tab-{name}").click()
        self.settle()

    def pick_term(self, name: str) -> None:
        """Show another term in the figures."""
        self.part("term-picker").click()
        self.page.get_by_role("option", name=name, exact=True).click()
        self.settle()
        expect(self.part("term-map")).to_have_attribute("data-term", name)

    def map_numbers(self) -> list[list[float]]:
        """The numbers that the map is painted from; NaN where it is blank."""
        expect(self.part("term-map").locator(".hm").first).to_be_visible()
        rows: list[list[float | None]] = self.page.evaluate(FIGURE_NUMBERS, "term-map")
        return [[math.nan if number is None else number for number in row] for row in rows]

    def open_panel(self, need: str) -> None:
        """Show other figures below the map."""
        self.part(f"panel-{need}").click()
        self.settle()

    def trace(self, figure: str, name: str) -> dict[str, list[float]]:
        """The numbers that a named trace of a figure is painted from."""
        expect(self.part(figure).locator(".main-svg").first).to_be_visible()
        return self.page.evaluate(TRACE_NUMBERS, [figure, name])

    def click_figure(self, figure: str, across: float, down: float) -> None:
        """Click the plotting area of a figure at a share of it."""
        self.part(figure).scroll_into_view_if_needed()
        area = self.part(figure).locator(".nsewdrag").first.bounding_box()
        assert area is not None
        self.page.mouse.move(area["x"] + area["width"] * across, area["y"] + area["height"] * down)
        self.page.mouse.click(area["x"] + area["width"] * across, area["y"] + area["height"] * down)

    def click_map(self, across: float, down: float) -> None:
        """Click the map at a share of its plotting area."""
        area = self.part("term-map").locator(".nsewdrag").first.bounding_box()
        assert area is not None
        self.page.mouse.click(area["x"] + area["width"] * across, area["y"] + area["height"] * down)

    def place(self) -> tuple[int, int]:
        """Row and step of the transition that is shown."""
        place = self.part("transition-place")
        return int(place.get_attribute("data-row") or -1), int(place.get_attribute("data-step") or -1)

    def terms(self) -> dict[str, Any]:
        """Every term of the transition with its exact value, a list, or None where it is off."""
        rows = self.part("transition-panel").locator("li[data-testid^='term-']").all()
        return {(row.get_attribute("data-testid") or "")[5:]: _value(row) for row in rows}

    def upload(self, path: Path) -> None:
        """Choose a file as a user does."""
        with self.page.expect_file_chooser() as chooser:
            self.part("upload-button").first.click()
        chooser.value.set_files(path)

    def shows(self, name: str) -> None:
        """Wait until a batch of that name is on screen."""
        expect(self.part("batch-name")).to_have_text(re.compile(re.escape(name)))


def _value(row: Locator) -> Any:
    values = [_parsed(found.get_attribute("data-value") or "") for found in row.locator("[data-value]").all()]
    if row.locator("ol").count():
        return values
    return values[0] if values else None


def _parsed(text: str) -> float | bool:
    return text == "true" if text in {"true", "false"} else float(text)
