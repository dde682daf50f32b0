"""A dashboard for runs alone, so that other tests see none, and a page that watches one."""

from collections.abc import Generator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Dashboard, running_dashboard, with_demo
from tests.browser.runs.training import KEPT, Training, open_run
from tests.browser.screen import Screen

names = (f"run {number:03}" for number in count(1))


@pytest.fixture(scope="package")
def dashboard(tmp_path_factory: pytest.TempPathFactory, demo_batch: Path) -> Generator[Dashboard]:
    """One that keeps few snapshots."""
    data_dir = with_demo(tmp_path_factory.mktemp("runs"), demo_batch)
    with running_dashboard(data_dir, MOUSE_KEEP_SNAPSHOTS=str(KEPT)) as running:
        yield running


@pytest.fixture
def training(dashboard: Dashboard) -> Training:
    """A run that nobody has pushed to."""
    return Training(dashboard, next(names))


@pytest.fixture
def watching(page: Page, dashboard: Dashboard, training: Training) -> Screen:
    """The DQN loss at the newest of three snapshots, opened from the list of runs."""
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    training.push(100, 200, 300)
    open_run(screen, training.name)
    screen.settle()
    return screen
