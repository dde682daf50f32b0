"""A slider for a discount spends its length where discounts lie, close to 1, and figures follow it while it is held."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

FIGURES = ("term-map", "term-histogram")
DRAWN = """
testid => {
  const plot = document.querySelector(`[data-testid="${testid}"] .js-plotly-plot`);
  const all = (selector, read) => [...plot.querySelectorAll(selector)].map(read);
  return {
    pixels: all(".heatmaplayer image", image => image.href.baseVal),
    bars: all(".barlayer path", path => path.getAttribute("d")),
    labels: all(".xtick text, .ytick text", label => label.textContent).sort(),
    colours: all(".cbaxis text", label => label.textContent),
    room: plot.querySelector(".nsewdrag").getBoundingClientRect().toJSON(),
  };
}
"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
"""Figures are drawn once the numbers are painted."""


def test_a_discount_has_0_and_1_at_its_ends_and_099_in_the_middle(demo: Screen) -> None:
    box = demo.part("field-gamma-input")
    thumb = demo.part("field-gamma-slider").get_by_role("slider")
    thumb.press("Home")
    expect(box).to_have_value("0")
    thumb.press("End")
    expect(box).to_have_value("1")
    for share, value in ((0.25, "0.9"), (0.5, "0.99"), (0.75, "0.999")):
        demo.type_into("gamma", value)
        expect(thumb).to_have_attribute("aria-valuetext", value)
        assert float(thumb.input_value()) == pytest.approx(1000 * share, abs=0.5)


def test_what_is_drawn_under_a_held_slider_is_what_is_drawn_when_it_rests(demo: Screen) -> None:
    page, track = demo.page, demo.part("field-gamma-slider").bounding_box()
    assert track is not None
    for figure in FIGURES:
        expect(demo.part(figure).locator(".nsewdrag")).to_be_attached()
    before = [page.evaluate(DRAWN, figure) for figure in FIGURES]
    middle = track["y"] + track["height"] / 2
    page.mouse.move(track["x"] + track["width"] / 2, middle)
    page.mouse.down()
    for share in (0.4, 0.3, 0.02):
        loss = demo.number("loss-value")
        page.mouse.move(track["x"] + track["width"] * share, middle)
        expect(demo.part("loss-value")).not_to_have_attribute("data-value", str(loss))
    demo.settle()
    page.evaluate(TWO_FRAMES)
    held = [page.evaluate(DRAWN, figure) for figure in FIGURES]
    for now, then in zip(held, before, strict=True):
        assert now != then
    with page.expect_response("**/evaluate"):
        page.mouse.up()
    demo.settle()
    assert [page.evaluate(DRAWN, figure) for figure in FIGURES] == held
