"""A flat sample of a replay buffer on the page: N transitions, a folded map, and the one that a click selects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.mapping.test_transitions import sample

pytestmark = pytest.mark.browser


def test_a_flat_sample_is_shown_as_transitions_without_order(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {name: value.numpy() for name, value in sample().items()}
    np.savez(tmp_path / "sample.npz", **arrays)
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    screen.upload(tmp_path / "sample.npz")
    expect(screen.part("mapping-preview")).to_contain_text("6 transitions")
    screen.part("mapping-open").click()
    screen.settle()
    expect(screen.part("batch-menu")).to_contain_text("6 transitions")
    page.screenshot(path="/tmp/tr_map.png")
