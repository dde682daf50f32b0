"""A flat sample of a replay buffer on the page: N transitions, a folded map, and the one that a click selects."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.recordings.worlds import play

pytestmark = pytest.mark.browser

COUNT = 90


def replay_sample(path: Path) -> None:
    """What a training of DQN samples: steps of a world in any order, with the values of two networks."""
    steps = play("CliffWalking-v1", 400, seed=3)
    chosen = steps.at(np.random.default_rng(0).choice(len(steps), COUNT, replace=False))
    network = np.random.default_rng(1).normal(size=(2, 48, 4)).astype(np.float32)
    np.savez(
        path,
        observations=chosen.obs,
        actions=chosen.action,
        rewards=chosen.reward,
        next_observations=chosen.next_obs,
        dones=chosen.terminated,
        q_values=network[0][chosen.obs],
        q_target_next=network[1][chosen.next_obs],
        weights=np.linspace(0.5, 1, COUNT, dtype=np.float32),
    )


def test_a_flat_sample_is_shown_as_transitions_without_order(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    replay_sample(tmp_path / "sample.npz")
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    screen.upload(tmp_path / "sample.npz")
    expect(screen.part("mapping-preview")).to_contain_text(f"{COUNT} transitions")
    screen.part("mapping-open").click()
    screen.shows("sample.npz")
    expect(screen.part("batch-menu")).to_contain_text(f"{COUNT} transitions")
    screen.pick_loss("dqn")
    screen.pick_term("td_error")
    shown = np.array(screen.map_numbers(), dtype=float)
    assert shown.shape == (9, 10), "as near to a square as it gets"

    screen.click_map(across=0.55, down=0.35)
    expect(screen.part("transition-place")).to_have_text("transition 35")
    assert screen.terms()["td_error"] == pytest.approx(shown[3, 5], rel=1e-5)
    assert "sequence" not in screen.part("transition-panel").inner_text()
