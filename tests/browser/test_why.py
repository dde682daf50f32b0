"""Where the loss comes from: the figures below the map show the library's numbers, and a click in any selects."""

from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from mouse.batch import load_batch, save_batch
from mouse.losses import LOSSES
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen
from tests.server.batches import random_batch

pytestmark = pytest.mark.browser


@pytest.fixture
def batch(dashboard: Dashboard, tmp_path: Path) -> tuple[Any, Any]:
    return load_batch(dashboard.file(dashboard.demo_id, tmp_path))


def terms_of(name: str, batch: tuple[Any, Any]) -> Any:
    loss = LOSSES[name]
    cfg = loss.config()
    return loss.terms(loss.inputs(*batch, **loss.stage_options(cfg)), cfg)


def cell(screen: Screen, row: int, column: int, figure: str = "worst") -> float:
    found = screen.part(f"figure-{figure}").locator(f"tbody tr:nth-child({row}) [data-value]").nth(column)
    return float(found.get_attribute("data-value") or "missing")


def selected(screen: Screen, row: int, step: int) -> None:
    """The transition panel and the map's cross follow."""
    place = screen.part("transition-place")
    expect(place).to_have_attribute("data-row", str(row))
    expect(place).to_have_attribute("data-step", str(step))
    assert f"at={row}-{row + 1},{step}-{step + 1}" in screen.page.url
    expect(screen.part("term-map").locator(".shapelayer path").first).to_be_attached()


def test_what_carries_the_loss_is_the_librarys_and_a_row_of_the_worst_selects(
    demo: Screen, batch: tuple[Any, Any]
) -> None:
    loss = terms_of("dqn", batch).loss
    ordered = loss.double().flatten().sort(descending=True).values
    top = -(-len(ordered) // 100)
    share = float(ordered[:top].sum() / ordered.sum())
    expect(demo.part("figure-share_curve-note")).to_have_text(
        f"the top 1 % of transitions carry {100 * share:.3g} % of the loss"
    )

    worst = loss.flatten().sort(descending=True, stable=True)
    for row in range(3):
        place = divmod(int(worst.indices[row]), loss.shape[1])
        assert (cell(demo, row + 1, 0), cell(demo, row + 1, 1)) == place
        assert cell(demo, row + 1, 2) == worst.values[row].item()
    row, step = divmod(int(worst.indices[2]), loss.shape[1])
    demo.part("figure-worst").get_by_test_id(f"row-{row}-{step}").click()
    selected(demo, row, step)
    expect(demo.part("figure-worst").get_by_test_id(f"row-{row}-{step}")).to_have_attribute("data-current", "true")
    assert demo.terms()["loss"] == worst.values[2].item()

    row, step = int(cell(demo, 2, 0)), int(cell(demo, 2, 1))
    demo.part("figure-worst").get_by_test_id(f"row-{row}-{step}").get_by_role("button").press("Enter")
    selected(demo, row, step)


def test_a_heading_sorts_both_ways_and_back(demo: Screen) -> None:
    def rows() -> list[float]:
        return [cell(demo, row, 0) for row in range(1, 21)]

    heading = demo.part("sort-sequence")
    before = rows()
    heading.click()
    assert rows() == sorted(before, reverse=True)
    heading.click()
    assert rows() == sorted(before)
    heading.click()
    assert rows() == before


def test_a_class_has_its_share_and_its_bar_makes_it_the_slice(demo: Screen, batch: tuple[Any, Any]) -> None:
    terms = terms_of("dqn", batch)
    bars = demo.trace("figure-share_by", "of the loss")
    share = 100 * float(terms.loss.double()[terms.terminal].sum() / terms.loss.double().sum())
    assert bars["x"][1] == pytest.approx(share)
    demo.part("figure-share_by").scroll_into_view_if_needed()
    bar = demo.part("figure-share_by").locator(".bars .point path").nth(1).bounding_box()
    assert bar is not None
    demo.page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    expect(demo.part("slice-chip")).to_contain_text("terminal")
    demo.settle()
    assert "slice=done:1" in demo.page.url
    assert demo.number("slice-loss") == pytest.approx(float(terms.loss[terms.terminal].mean()), rel=1e-6)
    assert demo.number("slice-q_values_max") == float(terms.q_taken[terms.terminal].max())
    expect(demo.part("slice-count")).to_have_text(f"{int(terms.terminal.sum())} of {terms.loss.numel():,} transitions")
    shown = torch.tensor(demo.map_numbers())
    assert (~shown.isnan()).equal(terms.terminal)
    row, step = int(cell(demo, 1, 0)), int(cell(demo, 1, 1))
    assert (row, step) == divmod(int(terms.loss.masked_fill(~terms.terminal, -1).argmax()), terms.loss.shape[1])
    demo.part("slice-drop").click()
    demo.settle()
    expect(demo.part("slice-chip")).to_have_count(0)


def test_a_sequence_shows_its_terms_a_click_selects_a_step_and_the_panel_is_in_the_link(
    demo: Screen, batch: tuple[Any, Any]
) -> None:
    demo.open_panel("sequence")
    assert "panel=sequence" in demo.page.url
    expect(demo.part("figure-sequence")).to_have_count(0)
    demo.part("select-worst").click()
    expect(demo.part("figure-sequence")).to_be_visible()
    loss = terms_of("dqn", batch).loss
    assert demo.place() == divmod(int(loss.argmax()), loss.shape[1])
    demo.page.reload()
    demo.settle()
    expect(demo.part("panel-sequence")).to_have_attribute("aria-selected", "true")

    demo.page.keyboard.press("Escape")
    expect(demo.part("transition-place")).to_have_count(0)
    demo.click_map(0.3, 0.6)
    expect(demo.part("transition-place")).to_be_visible()
    demo.settle()
    row, step = demo.place()
    terms = terms_of("dqn", batch)
    for name in ("reward", "q_taken", "td_target", "discount", "loss"):
        assert demo.trace("figure-sequence", name)["y"] == getattr(terms, name)[row].tolist(), name
    demo.click_figure("figure-sequence", 0.75, 0.5)
    expect(demo.part("transition-place")).not_to_have_attribute("data-step", str(step))
    assert demo.place()[0] == row
    assert demo.place()[1] == pytest.approx(0.75 * 127, abs=2)


def test_the_values_and_policies_of_the_selected_transition_are_those_of_the_heads(
    demo: Screen, batch: tuple[Any, Any]
) -> None:
    demo.open_panel("transition")
    demo.click_map(0.3, 0.6)
    expect(demo.part("transition-place")).to_be_visible()
    demo.settle()
    row, step = demo.place()
    assert demo.trace("figure-action_values", "online, q(t)")["y"] == batch[1]["dqn"][row, step].tolist()
    assert demo.trace("figure-action_values", "target, q_next(t+1)")["y"] == (
        batch[1]["dqn_target"][row, step + 1].tolist()
    )

    demo.pick_loss("sp")
    assert demo.place() == (row, step)
    terms = terms_of("sp", batch)
    assert demo.trace("figure-policies", "teacher P")["y"] == terms.teacher[row, step].tolist()
    assert demo.trace("figure-policies", "student Q")["y"] == terms.student[row, step].tolist()
    assert demo.trace("figure-policies", "invalid action")["x"] == [4, 5]


def test_a_batch_with_flat_vectors_has_one_dial(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    batch: Any = random_batch()
    save_batch(tmp_path / "flat.safetensors", batch.step_stream, batch.out)
    screen = open_file(page, dashboard, tmp_path / "flat.safetensors", tab="vec_dqn")
    screen.settle()
    screen.open_panel("transition")
    screen.click_map(0.5, 0.5)
    expect(screen.part("transition-place")).to_be_visible()
    screen.settle()
    row, step = screen.place()
    terms = terms_of("vec_dqn", (batch.step_stream, batch.out))
    taken = terms.v_taken[row, step].double()
    shown = screen.trace("figure-rotation_dial", "v_taken")
    assert [shown["x"][1], shown["y"][1]] == pytest.approx((taken / taken.norm()).tolist())
    expect(screen.part("figure-rotation_dial")).to_contain_text(f"theta {float(terms.theta[row, step]):.4g} rad")
    expect(screen.part("figure-rotation_dial")).to_contain_text("remaining")


def test_losses_that_are_not_finite_are_loud_come_first_and_are_said(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    batch: Any = random_batch()
    batch.step_stream["reward"][2, 4] = torch.nan
    save_batch(tmp_path / "nan.safetensors", batch.step_stream, batch.out)
    screen = open_file(page, dashboard, tmp_path / "nan.safetensors")
    screen.settle()
    expect(screen.part("loss-value")).to_have_text("NaN")
    expect(screen.part("health-reward")).to_contain_text("1 NaN")
    expect(screen.part("term-map-note")).to_contain_text("1 NaN")
    said = "share cannot be computed: the loss holds 1 NaN"
    expect(screen.part("figure-share_curve-note")).to_have_text(said)
    expect(screen.part("figure-worst-note")).to_contain_text(said)
    assert (cell(screen, 1, 0), cell(screen, 1, 1)) == (2, 3)
    expect(screen.part("figure-worst").locator("tbody tr").first).to_contain_text("NaN")
