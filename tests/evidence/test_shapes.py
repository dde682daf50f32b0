"""Evidence is the same in whatever dimensions the numbers of an observation lie: one number, a vector, an image."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.evidence.causes import action_cause
from mouse.evidence.jumps import jumps
from mouse.evidence.lags import action_lag, reward_lag
from mouse.evidence.order import explained_by_row
from mouse.evidence.restarts import restarts
from mouse.mapping import detect
from tests.evidence.recorded import cart, running, seeded

SHAPE = (16, 128)
STEPS = cart(SHAPE, noise=0.05)
RUNNING = running(STEPS["done"])
ACTION = STEPS["action"]
WALK = (ACTION - 1 + 0.1 * torch.randn(SHAPE, generator=seeded())).cumsum(1)
"""One number, which goes where the action pushes it."""
SHAPES = {
    "one number": (WALK.unsqueeze(-1), WALK),
    "one number in a row of an image": (WALK.unsqueeze(-1), WALK.view(*SHAPE, 1, 1)),
    "an image": (STEPS["obs"], STEPS["obs"].unsqueeze(-1)),
}
EVIDENCE: dict[str, Callable[[Tensor], Any]] = {
    "the row of an action": lambda obs: action_lag(obs, ACTION, RUNNING),
    "the row of a cause": lambda obs: action_cause(obs, ACTION, RUNNING),
    "the row of a reward": lambda obs: reward_lag(obs, ACTION[:, 1:], STEPS["reward"], RUNNING),
    "order": lambda obs: explained_by_row(obs, torch.ones(SHAPE, dtype=torch.bool), 1),
    "jumps": lambda obs: jumps(obs, ACTION[:, 1:], RUNNING, RUNNING),
    "beginnings": lambda obs: restarts(obs[:, 5], obs[:, 0], obs.flatten(0, 1)),
    "a mapping": lambda obs: detect({"observations": obs, "actions": ACTION, "rewards": STEPS["reward"]}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("what", EVIDENCE)
def test_the_dimensions_of_an_observation_change_nothing(what: str, shape: str) -> None:
    vector, other = SHAPES[shape]
    expected, found = EVIDENCE[what](vector), EVIDENCE[what](other)
    assert expected is not None
    assert str(found) == str(expected)
