"""A training run, and a page that watches it."""

from itertools import count

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Dashboard
from tests.browser.runs.training import Training, at_step
from tests.browser.screen import Screen

names = (f"run {number:03}" for number in count(1))


@pytest.fixture
def training(dashboard: Dashboard) -> Training:
    """A run that nobody has pushed to."""
    return Training(dashboard, next(names))


@pytest.fixture
def watching(page: Page, dashboard: Dashboard, training: Training) -> Screen:
    """The DQN loss at the newest of three snapshots, opened by a link to the run."""
    training.push(100, 200, 300)
    page.goto(f"{dashboard.base}?run={training.id}&loss=dqn")
    screen = Screen(page)
    at_step(screen, 300)
    return screen
