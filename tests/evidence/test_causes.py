"""In a random world only the cause of a step goes with both of its ends."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mouse.evidence import causes
from mouse.evidence.causes import action_cause
from mouse.evidence.lags import action_lag
from tests.diagnosis.linear import linear, moved
from tests.diagnosis.ring import ring

World = Callable[[int], Any]
WORLDS: dict[str, World] = {
    "noise": lambda seed: linear(noise=1.0, numbers=False, seed=seed),
    "an agent that pushes back": lambda seed: linear(noise=1.0, feedback=0.5, seed=seed),
    "numbers": lambda seed: linear(noise=2.0, seed=seed),
    "slips": lambda seed: ring(seed=seed),
    "slips under an agent that answers": lambda seed: ring(answers=0.7, seed=seed),
}


def cause(batch: Any) -> int | None:
    running = batch["done"] == 0
    arguments = (batch["obs"], batch["action"], running[:, 1:] & running[:, :-1])
    assert action_lag(*arguments).lag is None
    return action_cause(*arguments).lag


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", [-2, -1, 0, 1])
@pytest.mark.parametrize("world", WORLDS)
def test_the_row_of_the_cause_is_found(world: str, by: int, seed: int) -> None:
    assert cause(moved(WORLDS[world](seed), by, "action")) == 1 + by


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", [-1, 0, 1])
def test_actions_that_repeat_themselves_say_nothing(by: int, seed: int) -> None:
    assert cause(moved(ring(again=0.8, seed=seed), by, "action")) is None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by", [-1, 0, 1])
def test_positions_without_speeds_say_nothing(by: int, seed: int) -> None:
    """The speed that an action gives shows in the position a row later than the action stands."""
    batch = linear(noise=0.3, numbers=False, seed=seed, steps=1000)
    batch["obs"] = batch["obs"].cumsum(dim=1).roll(1, 1)
    assert cause(moved(batch, by, "action")) is None


@pytest.mark.parametrize("seed", range(3))
def test_actions_without_effect_say_nothing(seed: int) -> None:
    assert cause(ring(slip=1.0, answers=0.5, seed=seed)) is None
    batch = linear(noise=1.0, numbers=False, seed=seed)
    batch["action"] = batch["action"][torch.randperm(16, generator=torch.Generator().manual_seed(seed))]
    assert cause(batch) is None


def test_few_steps_say_nothing() -> None:
    assert cause(ring((16, 34))) is None
    assert cause(ring((16, 64))) == 1


@pytest.mark.parametrize("world", ["noise", "slips"])
def test_what_chance_could_show_says_nothing(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "SIGMAS", 1e6)
    assert cause(WORLDS[world](0)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"obs": torch.arange(1024).view(16, 64)},
        {"action": torch.arange(1024).view(16, 64)},
        {"obs": torch.arange(1024.0).view(16, 64, 1)},
    ],
    ids=["numbers without an order", "as many actions as rows", "a step that is always the same"],
)
def test_what_no_model_takes_says_nothing(fields: dict[str, torch.Tensor]) -> None:
    assert cause(linear(noise=1.0, numbers=False).update(fields)) is None
