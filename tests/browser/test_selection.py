"""Selecting and zooming on the map: what is shown is what was selected, until something else is."""

from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from mouse.batch import save_batch
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_terms
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen
from tests.browser.test_page import dqn_batch

pytestmark = pytest.mark.browser

ZOOMED = "&zoom=0-16,0-32"


@pytest.fixture
def pooled(page: Page, dashboard: Dashboard, tmp_path: Path) -> Screen:
    """A batch with more transitions than a map has cells."""
    save_batch(tmp_path / "pooled.safetensors", *dqn_batch(1024, 512, actions=2, seed=5))
    screen = open_file(page, dashboard, tmp_path / "pooled.safetensors")
    screen.settle()
    return screen


def history(page: Page) -> int:
    return page.evaluate("history.length")


def test_a_selection_that_starts_no_transition_says_so(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url + "&loss=sp&at=3-4,127-128")
    screen = Screen(page)
    screen.settle()
    assert screen.place() == (3, 127)
    screen.pick_loss("dqn")
    expect(screen.part("transition-invitation")).to_contain_text(
        "No transition starts at the last step. Select another one."
    )
    expect(screen.part("term-map").locator(".shapelayer path")).to_have_count(0)
    screen.part("transition-close").click()
    expect(screen.part("transition-invitation")).to_contain_text("Click a cell")


def test_a_refused_evaluation_leaves_no_transition_to_wait_for(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.dqn + "&at=3-4,5-6&dqn.gamma=7")
    expect(Screen(page).part("transition-invitation")).to_have_text(
        "No transition. The message above says what to change."
    )


def test_the_worst_transition_is_one_click_or_one_key_away_and_one_picked_stays_while_a_slider_moves(
    pooled: Screen,
) -> None:
    terms = dqn_terms(dqn_inputs(*dqn_batch(1024, 512, actions=2, seed=5)), DqnLossConfig())
    worst = divmod(int(terms.loss.argmax()), terms.loss.shape[1])
    pooled.part("transition-largest").click()
    assert pooled.place() == worst
    assert pooled.number("transition-loss") == float(terms.loss.max())
    expect(pooled.part("transition-place")).to_contain_text("picked as largest |loss| of 523,264 transitions")
    pooled.page.keyboard.press("Escape")
    expect(pooled.part("transition-place")).to_have_count(0)
    pooled.page.keyboard.press("w")
    assert pooled.place() == worst
    pooled.page.keyboard.press("Escape")
    expect(pooled.part("transition-place")).to_have_count(0)

    pooled.click_map(0.4, 0.4)
    expect(pooled.part("transition-place")).to_contain_text("largest |loss| of")
    row, step = pooled.place()
    at = f"at={row}-{row + 1},{step}-{step + 1}"
    pooled.page.wait_for_url(f"**{at}*")
    before = pooled.number("transition-loss")
    pooled.drag("gamma", 0.2)
    pooled.settle()
    expect(pooled.part("transition-loss")).not_to_have_attribute("data-value", str(before))
    assert pooled.place() == (row, step)
    assert at in pooled.page.url
    expect(pooled.part("transition-place")).to_contain_text("largest |loss| of")


def test_check_33_zooming_fetches_the_values_that_are_visible_then(pooled: Screen) -> None:
    whole = pooled.map_numbers()
    terms = dqn_terms(dqn_inputs(*dqn_batch(1024, 512, actions=2, seed=5)), DqnLossConfig())
    assert len(whole) * len(whole[0]) < terms.loss.numel()
    pooled.page.goto(pooled.page.url + ZOOMED)
    pooled.settle()
    shown = torch.tensor(pooled.map_numbers())
    torch.testing.assert_close(shown, terms.loss[:16, :32].to(shown.dtype))


def test_a_double_click_shows_all_and_leaves_the_selection(page: Page, dashboard: Dashboard) -> None:
    """Also where the page is busy between the clicks for longer than Plotly waits for a second one."""
    page.goto(dashboard.dqn + ZOOMED + "&at=3-4,5-6")
    screen = Screen(page)
    screen.settle()
    expect(screen.part("transition-place")).to_be_visible()
    entries = history(page)
    area = screen.part("term-map").locator(".nsewdrag").first.bounding_box()
    assert area is not None
    at = (area["x"] + area["width"] * 0.8, area["y"] + area["height"] * 0.8)
    page.mouse.click(*at)
    page.evaluate("() => { const end = performance.now() + 500; while (performance.now() < end); }")
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    expect(screen.part("zoom-reset")).to_have_count(0)
    screen.settle()
    assert screen.place() == (3, 5)
    assert history(page) == entries + 1
    page.go_back()
    expect(screen.part("zoom-reset")).to_be_visible()
    expect(screen.part("transition-place")).to_have_attribute("data-row", "3")


def test_minus_undoes_plus_and_a_key_takes_the_tooltip_away(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.dqn + ZOOMED)
    screen = Screen(page)
    screen.settle()
    screen.part("term-map").get_by_role("application").focus()
    page.keyboard.press("+")
    expect(screen.part("zoom-reset")).to_have_text("sequences 4 to 11, transitions 8 to 23")
    page.keyboard.press("-")
    expect(screen.part("zoom-reset")).to_have_text("sequences 0 to 15, transitions 0 to 31")

    screen.click_map(0.5, 0.5)
    screen.settle()
    hover = screen.part("term-map").locator(".hovertext")
    area = screen.part("term-map").locator(".nsewdrag").first.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] * 0.6, steps=4)
    expect(hover).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(hover).to_have_count(0)


def test_where_the_panel_stands_below_a_click_brings_it_into_view(page: Page, dashboard: Dashboard) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    expect(screen.part("term-map").locator(".hm")).to_be_visible()
    screen.part("term-map").scroll_into_view_if_needed()
    expect(screen.part("transition-panel")).not_to_be_in_viewport(ratio=0.5)
    screen.click_map(0.5, 0.5)
    expect(screen.part("transition-loss")).to_be_in_viewport()
