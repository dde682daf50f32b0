"""Pinning a state and comparing with it: live, pinned and their difference are the library's numbers."""

from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect

from mouse.batch import load_batch, save_batch
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.browser.test_page import dqn_batch
from tests.browser.test_why import cell

pytestmark = pytest.mark.browser


@pytest.fixture
def compared(demo: Screen) -> Screen:
    """The demo batch at gamma 0.5, pinned at the defaults."""
    demo.part("pin").click()
    expect(demo.part("pinned-chip")).to_contain_text("this batchdefaults")
    demo.type_into("gamma", "0.5")
    demo.settle()
    return demo


def test_live_and_pinned_stand_side_by_side_in_numbers_and_figures(
    compared: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    batch = load_batch(dashboard.file(dashboard.demo_id, tmp_path))
    (live, metrics), (pinned, others) = (dqn_loss(*batch, DqnLossConfig(gamma=gamma)) for gamma in (0.5, 0.99))
    assert compared.number("live-loss") == live.item()
    assert compared.number("pinned-loss") == pinned.item()
    assert compared.number("difference-loss") == live.item() - pinned.item()
    assert compared.number("live-q_values_target") == metrics["q_values_target"]
    assert compared.number("pinned-q_values_target") == others["q_values_target"]
    assert len(compared.trace("term-histogram", "pinned")["y"]) == len(compared.trace("term-histogram", "live")["y"])

    maps: dict[str, torch.Tensor] = {}
    for side in ("live", "pinned", "difference"):
        compared.part("side-select").locator(f"label:near(input[value={side}])").first.click()
        compared.settle()
        maps[side] = torch.tensor(compared.map_numbers())
    torch.testing.assert_close(maps["difference"], maps["live"] - maps["pinned"])
    assert maps["difference"].abs().max() > 0
    assert "side=difference" in compared.page.url


def test_what_is_pinned_is_in_the_link_leads_to_what_changed_and_is_taken_away(compared: Screen) -> None:
    expected = compared.number("difference-loss")
    compared.page.reload()
    compared.settle()
    assert compared.number("difference-loss") == expected
    compared.open_panel("changes")
    row, step = int(cell(compared, 1, 0, "changed")), int(cell(compared, 1, 1, "changed"))
    change = cell(compared, 1, 2, "changed")
    assert change == pytest.approx(cell(compared, 1, 3, "changed") - cell(compared, 1, 4, "changed"))
    compared.part("figure-changed").get_by_test_id(f"row-{row}-{step}").click()
    expect(compared.part("transition-place")).to_be_visible()
    assert compared.place() == (row, step)
    compared.part("unpin").click()
    compared.settle()
    expect(compared.part("comparison")).to_have_count(0)


def test_the_overview_says_that_it_is_of_the_whole_batch(compared: Screen) -> None:
    compared.part("tab-overview").click()
    compared.settle_overview()
    expect(compared.part("whole-batch")).to_contain_text("The loss tabs also show the pinned state")
    compared.part("whole-batch-drop").click()
    expect(compared.part("whole-batch")).to_have_count(0)
    compared.pick_loss("dqn")
    expect(compared.part("pinned-chip")).to_have_count(0)


def test_another_batch_is_compared_by_its_numbers(demo: Screen, tmp_path: Path) -> None:
    demo.part("pin").click()
    pinned = demo.number("live-loss")
    save_batch(tmp_path / "other.safetensors", *dqn_batch(5, 9, actions=2, seed=5))
    demo.upload(tmp_path / "other.safetensors")
    demo.shows("other.safetensors")
    expect(demo.part("pinned-chip")).to_contain_text("another batch")
    demo.settle()
    assert demo.number("pinned-loss") == pinned
    demo.open_panel("changes")
    expect(demo.part("figure-changed-note")).to_contain_text("another shape")
