"""A training run that pushes to the dashboard, and what a user does to watch it."""

import json
import math
import urllib.request
from zlib import crc32

from playwright.sync_api import expect
from tensordict import TensorDict

import mouse
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.browser.test_page import dqn_batch

CFG = DqnLossConfig(gamma=0.5, reward_scale=2.0)
Batch = tuple[TensorDict, TensorDict]


class Training:
    """A training run that pushes a batch whenever a test says so."""

    def __init__(self, dashboard: Dashboard, run: str, data: str | None = None) -> None:
        self.name = run
        self._seed = crc32((data or run).encode())
        self.batches: dict[int, Batch] = {}
        self._url = dashboard.base

    def push(
        self, *steps: int, cfg: DqnLossConfig = CFG, poison: bool = False, max_sequences: int | None = None
    ) -> None:
        """Push a batch at each step, made of the name of the data; a poisoned one has an infinite reward."""
        with mouse.Client(self._url, run=self.name, resume=True) as client:
            for step in steps:
                batch = dqn_batch(4, 12, seed=self._seed + step)
                batch[1]["dqn_target"] = batch[1]["dqn"] + 0.01 * batch[1]["dqn"].roll(1, 0)  # nearly a copy
                if poison:
                    batch[0]["reward"][1, 5] = math.inf
                self.batches[step] = batch
                metrics = {"return": math.nan if poison else float(step)}
                client.push(*batch, step=step, configs={"dqn": cfg}, metrics=metrics, max_sequences=max_sequences)
        assert client.stats.sent == len(steps)

    @property
    def id(self) -> str:
        """Id of the run on the dashboard."""
        with urllib.request.urlopen(f"{self._url}api/runs") as answer:  # noqa: S310
            return next(run["id"] for run in json.load(answer)["runs"] if run["name"] == self.name)

    def loss(self, step: int, cfg: DqnLossConfig = CFG) -> float:
        """What training minimises on the batch of a step."""
        return dqn_loss(*self.batches[step], cfg)[0].item()


def open_run(screen: Screen, name: str) -> None:
    """Pick a run from the list."""
    screen.part("run-menu").click()
    screen.part("run-search").fill(name)
    screen.part("run-row").filter(has_text=name).first.get_by_role("menuitem").click()
    expect(screen.part("run-name")).to_have_text(name)


def at_step(screen: Screen, step: int) -> None:
    """Wait until a snapshot is on screen with all its numbers."""
    expect(screen.part("run-step")).to_have_attribute("data-value", str(step))
    screen.page.wait_for_url(f"**step={step}*")
    screen.settle()


def exact(number: float) -> str:
    """As JavaScript spells it."""
    return repr(int(number)) if number.is_integer() else repr(number)
