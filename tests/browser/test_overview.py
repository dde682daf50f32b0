"""What one sees first: the library's numbers in tiles, facts with their places, and clicks that lead there."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, Route, expect
from torch import Tensor

from mouse.batch import load_batch, save_batch
from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss
from mouse.losses.gradient import head_gradient
from mouse_dashboard.schema.numbers import plain
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen
from tests.browser.test_page import dqn_batch
from tests.browser.test_why import terms_of

pytestmark = pytest.mark.browser


def length(gradient: Tensor) -> float:
    return math.sqrt(sum(number**2 for number in plain(gradient.flatten())))


@pytest.fixture
def batch(dashboard: Dashboard, tmp_path: Path) -> tuple[Any, Any]:
    return load_batch(dashboard.file(dashboard.demo_id, tmp_path))


@pytest.fixture
def overview(page: Page, dashboard: Dashboard) -> Screen:
    """The dashboard as it opens, with nothing but a batch in its address."""
    page.goto(dashboard.url)
    screen = Screen(page)
    screen.settle_overview()
    return screen


def opened(page: Page, dashboard: Dashboard, batch: tuple[Any, Any], folder: Path) -> Screen:
    """A batch of one's own in the overview."""
    save_batch(folder / "own.safetensors", *batch)
    screen = open_file(page, dashboard, folder / "own.safetensors", tab="overview")
    screen.settle_overview()
    return screen


def lead(screen: Screen, kind: str) -> Any:
    return screen.page.locator(f"[data-kind='{kind}']").first


def test_tiles_bar_and_facts_show_what_the_library_returns(overview: Screen, batch: tuple[Any, Any]) -> None:
    configs = {name: loss.config() for name, loss in LOSSES.items()}
    combined = combined_loss(*batch, configs)
    for name, loss in LOSSES.items():
        gradient = head_gradient(loss, *batch, configs[name])
        assert overview.number(f"tile-{name}-loss") == combined.parts[name].item()
        assert overview.number(f"tile-{name}-weighted") == combined.parts[name].item()
        assert overview.number(f"tile-{name}-share") == combined.metrics[f"{name}_share"]
        assert overview.number(f"tile-{name}-gradient") == pytest.approx(length(gradient))
        expect(overview.part(f"tile-{name}-health")).to_have_text("all terms finite")
    widths = {name: (overview.part(f"share-{name}").bounding_box() or {"width": 0})["width"] for name in LOSSES}
    for name, width in widths.items():
        assert width / sum(widths.values()) == pytest.approx(combined.metrics[f"{name}_share"], abs=0.005)
        assert f"{100 * combined.metrics[f'{name}_share']:.1f} %" in (
            overview.part("share-bar").get_attribute("aria-label") or ""
        )
    done, reward = batch[0]["done"], batch[0]["reward"]
    names = ("0 running", "1 terminal", "2 truncated")
    codes = "".join(f"{name}: {int((done == code).sum()):,}" for code, name in enumerate(names))
    expect(overview.part("fact-done")).to_have_text(codes)
    expect(overview.part("fact-reward")).to_contain_text(f"{100 * (reward == 0).float().mean().item():.1f} % exactly 0")
    expect(overview.part("fact-size")).to_have_text(re.compile("32 sequences of 128 steps"))
    expect(overview.part("fact-not finite")).to_have_text("nothing")


def test_a_click_anywhere_on_a_tile_and_a_key_open_its_loss(overview: Screen) -> None:
    for name in LOSSES:
        overview.part(f"tile-{name}").click(position={"x": 100, "y": 60})
        overview.settle()
        assert f"loss={name}" in overview.page.url
        overview.part("tab-overview").click()
        overview.settle_overview()
        assert "loss=" not in overview.page.url
    overview.part("tile-sv").get_by_role("button").press("Enter")
    overview.settle()
    assert overview.metrics().keys() >= {"sv_loss"}


def test_what_to_look_at_first_leads_there(overview: Screen, batch: tuple[Any, Any]) -> None:
    metrics = combined_loss(*batch, {name: loss.config() for name, loss in LOSSES.items()}).metrics
    name = max(LOSSES, key=lambda loss: metrics[f"{loss}_share"])
    expect(lead(overview, "largest_share")).to_contain_text(f"{100 * metrics[f'{name}_share']:.3g} %")
    lead(overview, "largest_share").click()
    overview.settle()
    assert f"loss={name}" in overview.page.url
    overview.part("tab-overview").click()
    overview.settle_overview()

    share = lead(overview, "worst_percent").inner_text().split(" %")[0].strip()
    lead(overview, "worst_percent").click()
    overview.settle()
    expect(overview.part("figure-share_curve-note")).to_contain_text(f"carry {share} % of the loss")
    expect(overview.part("figure-share_curve-note")).to_be_in_viewport()
    overview.part("tab-overview").click()
    overview.settle_overview()

    error = terms_of("dqn", batch).td_error
    row, step = divmod(int(error.abs().argmax()), error.shape[1])
    lead(overview, "farthest_term").click()
    overview.settle()
    expect(overview.part("term-map")).to_have_attribute("data-term", "td_error")
    expect(overview.part("transition-place")).to_be_visible()
    assert overview.place() == (row, step)
    assert overview.terms()["td_error"] == error[row, step].item()
    overview.part("tab-overview").click()
    overview.settle_overview()

    label = re.search("“(.+)”", lead(overview, "heaviest_class").inner_text())
    assert label is not None
    lead(overview, "heaviest_class").click()
    overview.settle()
    expect(overview.part("slice-chip")).to_contain_text(label[1])
    expect(overview.part("figure-share_by-note")).to_be_visible()


def test_gradients_are_marked_while_a_slider_moves_and_follow_when_it_is_let_go(
    overview: Screen, batch: tuple[Any, Any]
) -> None:
    before = overview.number("tile-dqn-gradient")
    slider = overview.part("field-gamma-slider")
    thumb, track = slider.get_by_role("slider").bounding_box(), slider.bounding_box()
    assert thumb is not None
    assert track is not None
    mouse = overview.page.mouse
    mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
    mouse.down()
    mouse.move(track["x"] + track["width"] * 0.4, track["y"] + track["height"] / 2, steps=10)
    expect(overview.part("tile-dqn").locator("[data-before]")).to_be_visible()
    expect(overview.part("look-first")).to_contain_text("before the last change")
    assert overview.number("tile-dqn-gradient") == before
    mouse.up()
    overview.settle_overview()
    cfg: Any = LOSSES["dqn"].config(gamma=float(overview.part("field-gamma-input").input_value()))
    gradient = head_gradient(LOSSES["dqn"], *batch, cfg)
    assert overview.number("tile-dqn-gradient") == pytest.approx(length(gradient)) != before


def test_one_loss_alone_and_others_that_cannot_run(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    screen = opened(page, dashboard, dqn_batch(3, 9, seed=8), tmp_path)
    expect(screen.part("tile-sp")).to_contain_text("cannot run: needs q_star, sp")
    expect(screen.part("tile-dqn-share")).to_have_text("100.0 %")
    expect(lead(screen, "largest_share")).to_have_count(0)
    expect(screen.part("tuned-loss")).to_have_count(0)


def test_what_is_not_finite_comes_first_and_leads_there(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    step_stream, out = dqn_batch(3, 9, seed=9)
    step_stream["reward"][1, 4] = torch.nan
    screen = opened(page, dashboard, (step_stream, out), tmp_path)
    expect(screen.part("share-bar-none")).to_have_text("No shares: the total is NaN.")
    expect(screen.part("fact-not finite")).to_have_text("reward 1 NaN")
    first = screen.part("leads").get_by_role("button").first
    expect(first).to_contain_text("1 NaN")
    first.click()
    screen.settle()
    expect(screen.part("term-map")).to_have_attribute("data-term", "reward_raw")
    expect(screen.part("transition-place")).to_be_visible()
    assert screen.place() == (1, 3)


def test_a_loss_that_fails_says_why_and_opens(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    step_stream, out = dqn_batch(3, 9, seed=10)
    step_stream["action"][1, 4] = 7
    screen = opened(page, dashboard, (step_stream, out), tmp_path)
    expect(screen.part("tile-dqn-error")).to_contain_text("found 7")
    lead(screen, "failed").click()
    expect(screen.part("loss-card")).to_contain_text("found 7")


def test_a_refused_configuration_says_so_in_every_part(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url + "&sv.weight=-1")
    screen = Screen(page)
    expect(screen.part("tile-dqn")).to_contain_text("No value. The message above says what to change.")
    expect(screen.part("loss-tab-dqn")).to_have_text("DQNno value")
    expect(screen.part("look-first")).to_contain_text("The message above says what to change")
    expect(screen.part("field-weight-error")).to_be_visible()
    screen.part("field-weight-reset").click()
    screen.settle_overview()


def test_what_is_awaited_has_its_place_and_does_not_move_against_ones_will(page: Page, dashboard: Dashboard) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/evaluate", hold)
    page.goto(dashboard.url)
    screen = Screen(page)
    expect(screen.part("tile-dqn-loading")).to_be_visible()
    expect(screen.part("look-first-loading")).to_be_visible()
    expect(screen.part("fact-size")).to_be_visible()
    page.wait_for_function("document.getAnimations().length === 0")  # for who asked for less motion
    for route in held:
        route.continue_()
    screen.settle_overview()
