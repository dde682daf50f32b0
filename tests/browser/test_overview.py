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
from tests.browser.conftest import Dashboard
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


def opened(screen: Screen, batch: tuple[Any, Any], folder: Path) -> None:
    """A batch of one's own in the overview."""
    save_batch(folder / "own.safetensors", *batch)
    screen.upload(folder / "own.safetensors")
    screen.shows("own.safetensors")
    screen.settle_overview()


def lead(screen: Screen, kind: str) -> Any:
    return screen.page.locator(f"[data-kind='{kind}']").first


def test_the_tiles_show_what_the_library_returns(overview: Screen, batch: tuple[Any, Any]) -> None:
    configs = {name: loss.config() for name, loss in LOSSES.items()}
    combined = combined_loss(*batch, configs)
    for name, loss in LOSSES.items():
        gradient = head_gradient(loss, *batch, configs[name])
        assert overview.number(f"tile-{name}-loss") == combined.parts[name].item()
        assert overview.number(f"tile-{name}-weighted") == combined.parts[name].item()
        assert overview.number(f"tile-{name}-share") == combined.metrics[f"{name}_share"]
        assert overview.number(f"tile-{name}-gradient") == pytest.approx(length(gradient))
        expect(overview.part(f"tile-{name}-health")).to_have_text("all terms finite")


def test_the_bar_is_divided_as_the_total(overview: Screen, batch: tuple[Any, Any]) -> None:
    metrics = combined_loss(*batch, {name: loss.config() for name, loss in LOSSES.items()}).metrics
    widths = {name: (overview.part(f"share-{name}").bounding_box() or {"width": 0})["width"] for name in LOSSES}
    for name, width in widths.items():
        assert width / sum(widths.values()) == pytest.approx(metrics[f"{name}_share"], abs=0.005)
        assert f"{100 * metrics[f'{name}_share']:.1f} %" in (
            overview.part("share-bar").get_attribute("aria-label") or ""
        )


@pytest.mark.parametrize("name", LOSSES)
def test_a_click_anywhere_on_a_tile_opens_the_loss(overview: Screen, name: str) -> None:
    overview.part(f"tile-{name}").click(position={"x": 100, "y": 60})
    overview.settle()
    assert f"loss={name}" in overview.page.url
    overview.part("tab-overview").click()
    overview.settle_overview()
    assert "loss=" not in overview.page.url


def test_a_tile_is_opened_by_keyboard(overview: Screen) -> None:
    overview.part("tile-sv").get_by_role("button").press("Enter")
    overview.settle()
    assert overview.metrics().keys() >= {"sv_loss"}


def test_the_largest_share_leads_to_its_loss(overview: Screen, batch: tuple[Any, Any]) -> None:
    metrics = combined_loss(*batch, {name: loss.config() for name, loss in LOSSES.items()}).metrics
    name = max(LOSSES, key=lambda loss: metrics[f"{loss}_share"])
    expect(lead(overview, "largest_share")).to_contain_text(f"{100 * metrics[f'{name}_share']:.3g} %")
    lead(overview, "largest_share").click()
    overview.settle()
    assert f"loss={name}" in overview.page.url


def test_the_td_error_farthest_from_zero_leads_to_its_transition(overview: Screen, batch: tuple[Any, Any]) -> None:
    error = terms_of("dqn", batch).td_error
    row, step = divmod(int(error.abs().argmax()), error.shape[1])
    lead(overview, "farthest_term").click()
    overview.settle()
    expect(overview.part("term-map")).to_have_attribute("data-term", "td_error")
    expect(overview.part("transition-place")).to_be_visible()
    assert overview.place() == (row, step)
    assert overview.terms()["td_error"] == error[row, step].item()


def test_the_heaviest_class_leads_to_its_slice(overview: Screen) -> None:
    label = re.search("“(.+)”", lead(overview, "heaviest_class").inner_text())
    assert label is not None
    lead(overview, "heaviest_class").click()
    overview.settle()
    expect(overview.part("slice-chip")).to_contain_text(label[1])
    expect(overview.part("figure-share_by-note")).to_be_visible()


def test_the_worst_percent_leads_to_the_curve_that_says_the_same(overview: Screen) -> None:
    share = lead(overview, "worst_percent").inner_text().split(" %")[0].strip()
    lead(overview, "worst_percent").click()
    overview.settle()
    expect(overview.part("figure-share_curve-note")).to_contain_text(f"carry {share} % of the loss")
    expect(overview.part("figure-share_curve-note")).to_be_in_viewport()


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


def test_facts_of_the_batch_are_the_batchs(overview: Screen, batch: tuple[Any, Any]) -> None:
    done, reward = batch[0]["done"], batch[0]["reward"]
    names = ("0 running", "1 terminal", "2 truncated")
    codes = "".join(f"{name}: {int((done == code).sum()):,}" for code, name in enumerate(names))
    expect(overview.part("fact-done")).to_have_text(codes)
    expect(overview.part("fact-reward")).to_contain_text(f"{100 * (reward == 0).float().mean().item():.1f} % exactly 0")
    expect(overview.part("fact-size")).to_have_text(re.compile("32 sequences of 128 steps"))
    expect(overview.part("fact-not finite")).to_have_text("nothing")


def test_one_loss_alone_and_others_that_cannot_run(overview: Screen, tmp_path: Path) -> None:
    opened(overview, dqn_batch(3, 9, seed=8), tmp_path)
    expect(overview.part("tile-sp")).to_contain_text("Cannot run: needs q_star, sp")
    expect(overview.part("tile-dqn-share")).to_have_text("100.0 %")
    expect(lead(overview, "largest_share")).to_have_count(0)
    expect(overview.part("tuned-loss")).to_have_count(0)


def test_what_is_not_finite_comes_first_and_leads_there(overview: Screen, tmp_path: Path) -> None:
    step_stream, out = dqn_batch(3, 9, seed=9)
    step_stream["reward"][1, 4] = torch.nan
    opened(overview, (step_stream, out), tmp_path)
    expect(overview.part("share-bar-none")).to_have_text("No shares: the total is NaN.")
    expect(overview.part("fact-not finite")).to_have_text("reward 1 NaN")
    first = overview.part("leads").get_by_role("button").first
    expect(first).to_contain_text("1 NaN")
    first.click()
    overview.settle()
    expect(overview.part("term-map")).to_have_attribute("data-term", "reward_raw")
    expect(overview.part("transition-place")).to_be_visible()
    assert overview.place() == (1, 3)


def test_a_loss_that_fails_says_why_and_opens(overview: Screen, tmp_path: Path) -> None:
    step_stream, out = dqn_batch(3, 9, seed=10)
    step_stream["action"][1, 4] = 7
    opened(overview, (step_stream, out), tmp_path)
    expect(overview.part("tile-dqn-error")).to_contain_text("found 7")
    lead(overview, "failed").click()
    expect(overview.part("loss-card")).to_contain_text("found 7")


def test_a_refused_configuration_says_so_in_every_part(page: Page, dashboard: Dashboard) -> None:
    page.goto(dashboard.url + "&sv.weight=-1")
    screen = Screen(page)
    expect(screen.part("tile-dqn")).to_contain_text("No value. The message above says what to change.")
    expect(screen.part("loss-tab-dqn")).to_have_text("DQNno value")
    expect(screen.part("look-first")).to_contain_text("The message above says what to change")
    expect(screen.part("field-weight-error")).to_be_visible()
    screen.part("field-weight-reset").click()
    screen.settle_overview()


def test_what_is_awaited_has_its_place(page: Page, dashboard: Dashboard) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/evaluate", hold)
    page.goto(dashboard.url)
    screen = Screen(page)
    expect(screen.part("tile-dqn-loading")).to_be_visible()
    expect(screen.part("look-first-loading")).to_be_visible()
    expect(screen.part("fact-size")).to_be_visible()
    for route in held:
        route.continue_()
    screen.settle_overview()
