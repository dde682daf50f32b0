"""The page by keyboard: every key of the list does what the list says, and none while something else needs it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mouse.batch import save_batch
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen
from tests.server.batches import random_batch

pytestmark = pytest.mark.browser

AT = "&at=3-4,5-6"


@pytest.fixture
def selected(page: Page, dashboard: Dashboard) -> Screen:
    """The demo batch with a transition selected, and the focus on nothing."""
    page.goto(dashboard.dqn + AT)
    screen = Screen(page)
    screen.settle()
    expect(screen.part("transition-place")).to_be_visible()
    expect(screen.part("term-map").locator(".hm")).to_be_visible()  # the keys move on the map that is there
    return screen


def at(screen: Screen, row: int, step: int) -> None:
    expect(screen.part("transition-place")).to_have_attribute("data-row", str(row))
    expect(screen.part("transition-place")).to_have_attribute("data-step", str(step))


def gamma(screen: Screen, value: str) -> None:
    expect(screen.part("field-gamma-input")).to_have_value(value)


def test_arrows_move_the_selection_unless_what_has_the_focus_needs_them_and_escape_deselects(
    selected: Screen,
) -> None:
    keyboard = selected.page.keyboard
    keyboard.press("ArrowRight")
    at(selected, 3, 6)
    selected.part("copy-link").focus()
    keyboard.press("ArrowDown")
    at(selected, 4, 6)
    keyboard.press("+")
    expect(selected.part("zoom-reset")).to_be_visible()
    keyboard.press("0")
    expect(selected.part("zoom-reset")).to_have_count(0)
    selected.part("field-gamma-slider").get_by_role("slider").focus()
    keyboard.press("ArrowLeft")
    expect(selected.part("field-gamma-input")).not_to_have_value("0.99")
    selected.part("field-reward_shift-input").focus()
    keyboard.press("ArrowUp")
    expect(selected.part("field-reward_shift-input")).not_to_have_value("0")
    selected.part("panel-origin").focus()
    keyboard.press("ArrowRight")
    expect(selected.part("panel-spread")).to_be_focused()
    at(selected, 4, 6)
    keyboard.press("Escape")
    expect(selected.part("transition-invitation")).to_be_visible()


def test_keys_scroll_lead_to_the_losses_and_go_through_tabs_panels_and_colours(demo: Screen) -> None:
    keyboard = demo.page.keyboard
    expect(demo.part("term-map").locator(".hm")).to_be_visible()  # before that the page is not long enough
    keyboard.press("ArrowDown")
    expect(demo.page.locator("html")).not_to_have_js_property("scrollTop", 0)
    assert "at=" not in demo.page.url

    keyboard.press("Tab")
    expect(demo.part("skip-link")).to_be_focused()
    keyboard.press("Enter")
    expect(demo.part("loss-tab-dqn")).to_be_focused()

    keyboard.press("?")
    keys = demo.page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_contain_text("Move the selection")
    expect(keys).to_contain_text("Find a batch")
    keyboard.press("3")
    keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(demo.part("loss-tab-dqn")).to_have_attribute("aria-selected", "true")

    keyboard.press("3")
    expect(demo.part("loss-tab-sp")).to_have_attribute("aria-selected", "true")
    keyboard.press("1")
    expect(demo.part("loss-tab-dqn")).to_have_attribute("aria-selected", "true")
    keyboard.press("]")
    expect(demo.part("panel-spread")).to_have_attribute("aria-selected", "true")
    keyboard.press("[")
    expect(demo.part("panel-origin")).to_have_attribute("aria-selected", "true")
    keyboard.press("[")
    expect(demo.part("panel-origin")).to_have_attribute("aria-selected", "true")

    linear = demo.map_numbers()
    keyboard.press("l")
    demo.settle()
    expect(demo.part("colours-switch")).to_be_checked()
    expect(demo.part("term-map-note")).to_contain_text("colours log beyond")
    assert demo.map_numbers() != linear
    keyboard.press("l")
    demo.settle()
    assert demo.map_numbers() == linear

    keyboard.press("p")
    demo.page.wait_for_url("**&a=*")

    demo.type_into("gamma", "0.3")
    gamma(demo, "0.3")
    expect(demo.part("loss-tab-dqn")).to_have_attribute("aria-selected", "true")


def test_undo_takes_back_the_config_and_leaves_the_selection(demo: Screen) -> None:
    demo.part("field-normalize_reward_mean").get_by_role("switch").press("Space")
    expect(demo.part("reset-all")).to_have_text("1")
    demo.part("undo").click()
    expect(demo.part("reset-all")).to_have_text("0")
    demo.part("redo").click()
    expect(demo.part("reset-all")).to_have_text("1")
    demo.part("undo").click()
    expect(demo.part("reset-all")).to_have_text("0")

    keyboard = demo.page.keyboard
    expect(demo.part("undo")).to_have_attribute("aria-disabled", "true")
    demo.type_into("gamma", "0.9")
    demo.drag("gamma", 0.3)
    dragged = demo.part("field-gamma-input").input_value()
    demo.settle()
    demo.click_map(0.4, 0.4)
    expect(demo.part("transition-place")).to_be_visible()
    place = demo.place()
    keyboard.press("z")
    gamma(demo, "0.9")
    assert demo.place() == place
    keyboard.press("Control+z")
    gamma(demo, "0.99")
    expect(demo.part("undo")).to_have_attribute("aria-disabled", "true")
    keyboard.press("Shift+Z")
    gamma(demo, "0.9")
    keyboard.press("Control+Shift+Z")
    gamma(demo, dragged)
    expect(demo.part("redo")).to_have_attribute("aria-disabled", "true")
    assert demo.place() == place


def test_slash_finds_a_batch_by_name_and_by_id_and_says_what_is_not_found(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    other: Any = random_batch(seed=11)
    save_batch(tmp_path / "needle.safetensors", other.step_stream, other.out)
    screen = open_file(page, dashboard, tmp_path / "needle.safetensors")
    screen.settle()
    keyboard = page.keyboard
    keyboard.press("/")
    expect(screen.part("batch-search")).to_be_focused()
    keyboard.type(dashboard.demo_id[:12])
    expect(screen.part("batch-row")).to_have_count(1)
    keyboard.press("Enter")
    screen.shows("demo-0.safetensors")
    expect(screen.part("batch-list")).to_have_count(0)
    screen.settle()
    keyboard.press("/")
    expect(screen.part("batch-search")).to_be_focused()
    keyboard.type("needle")
    expect(screen.part("batch-row")).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    screen.shows("needle.safetensors")
    expect(screen.part("batch-list")).to_have_count(0)
    screen.settle()
    keyboard.press("/")
    expect(screen.part("batch-search")).to_be_focused()
    keyboard.type("no such name")
    expect(screen.part("batch-list")).to_contain_text("No batch of that name or id.")
