"""The right row of an action and its reward solves the Bellman equation of optimal values, whoever chose the action."""

import pytest
import torch
from torch import Tensor

from benchmarks.worlds import Walk, walk, world
from mouse.evidence.bellman import value_lag
from mouse.evidence.lags import LagEvidence
from tests.evidence.recorded import running, seeded

STORED = {-1: -2, 0: -1, 1: 0, 2: 1}
"""By how many rows a field that stands with the observation reached is moved to stand with each lag."""


def played(name: str, **how: float) -> dict[str, Tensor]:
    stream = walk(world(name), Walk((16, 64), **how), seeded())  # pyright: ignore[reportArgumentType]  # fields of Walk
    return {key: stream[key] for key in ("q_star", "action", "reward", "done")}


def found(batch: dict[str, Tensor]) -> LagEvidence:
    return value_lag(batch["q_star"], batch["action"], batch["reward"], running(batch["done"]))


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("name", ["cliff", "taxi"])
def test_a_random_policy_is_enough_and_rewards_may_be_scaled(name: str, lag: int) -> None:
    batch = played(name, epsilon=1.0)
    moved = {each: batch[each].roll(STORED[lag], 1) for each in ("action", "reward")}
    evidence = found(batch | moved | {"reward": moved["reward"] * 7})
    assert evidence.lag == lag
    assert evidence.explained[lag] > 0.99


def test_ends_that_nothing_marks_have_no_say() -> None:
    batch = played("cliff", epsilon=0.5)
    assert found(batch | {"done": torch.zeros_like(batch["done"])}).lag == 1


@pytest.mark.parametrize("lag", [0, 1])
def test_no_row_stands_out_in_a_random_world_or_where_values_belong_to_another_one(lag: int) -> None:
    batch = played("lake", epsilon=0.5)
    assert found(batch | {each: batch[each].roll(STORED[lag], 1) for each in ("action", "reward")}).lag is None
    noise = torch.randn(batch["q_star"].shape, generator=seeded(1))
    assert found(played("cliff", epsilon=0.5) | {"q_star": noise}).lag is None


def test_values_that_do_not_differ_and_rows_that_are_too_few_tell_nothing() -> None:
    batch = played("cliff", epsilon=0.5)
    assert found(batch | {"q_star": torch.ones_like(batch["q_star"])}).lag is None
    assert found({name: value[:1, :32] for name, value in batch.items()}).explained == {}
