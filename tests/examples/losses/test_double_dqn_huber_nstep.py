from statistics import fmean
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.losses.double_dqn_huber_nstep import double_dqn_loss
from tests.examples.losses.calls import (
    Fields,
    agrees_with_finite_differences,
    assert_close,
    integers,
    lists,
    normal,
    reached,
    real,
)

KNOBS = st.fixed_dictionaries(
    {
        "gamma": st.sampled_from([0.0, 0.9, 1.0]),
        "n_step": st.sampled_from([1, 2, 3, 100]),
        "huber_delta": st.sampled_from([0.0, 0.5, 1.0, 1e6]),
        "beta": st.sampled_from([0.0, 0.4, 1.0]),
    }
)


def draw(seed: int, shape: tuple[int, int] = (3, 6), actions: int = 3) -> Fields:
    floats, whole = normal(seed), integers(seed)
    ends = whole(0, 6, shape)  # one step of three ends an episode
    ends[0, 0] = 0
    return {
        "q": floats(*shape, actions),
        "q_target": floats(*shape, actions),
        "action": whole(0, actions, shape),
        "reward": floats(*shape),
        "done": torch.where(ends > 2, 0, ends),
        "sampling_probability": floats(*shape).exp(),
    }


def naive(fields: Fields, *, gamma: float, n_step: int, huber_delta: float, beta: float) -> float:
    f = lists(fields)
    highest = max(p**-beta for row in f["sampling_probability"] for p in row[1:])
    losses: list[float] = []
    for b, row in enumerate(f["done"]):
        for t in range(len(row) - 1):
            if row[t]:
                continue
            target = naive_target({name: values[b] for name, values in f.items()}, t, gamma, n_step)
            size = abs(target - f["q"][b][t][f["action"][b][t + 1]])
            huber = size**2 / 2 if size <= huber_delta else huber_delta * (size - huber_delta / 2)
            losses.append(f["sampling_probability"][b][t + 1] ** -beta / highest * huber)
    return fmean(losses)


def naive_target(row: dict[str, Any], t: int, gamma: float, n_step: int) -> float:
    """Walk on from a step until n rewards are summed, or the episode or the sequence ends."""
    total, discount, at = 0.0, 1.0, t
    while at < min(t + n_step, len(row["reward"]) - 1):
        at += 1
        total += discount * row["reward"][at]
        discount *= gamma
        if row["done"][at] == 1:
            return total
        if row["done"][at] == 2:
            break
    best = max(range(len(row["q"][at])), key=row["q"][at].__getitem__)
    return total + discount * row["q_target"][at][best]


@given(seed=st.integers(0, 2**32 - 1), knobs=KNOBS)
def test_the_loss_is_that_of_a_loop_over_numbers(seed: int, knobs: dict[str, Any]) -> None:
    fields = draw(seed)
    assert_close(double_dqn_loss(**fields, **knobs)[0], naive(fields, **knobs))


def test_the_loss_of_the_saved_batch_is_that_of_a_loop_over_numbers() -> None:
    fields = real("double_dqn_huber_nstep", "obs_discrete")
    knobs: dict[str, Any] = {"gamma": 0.99, "n_step": 3, "huber_delta": 1.0, "beta": 0.4}
    assert_close(double_dqn_loss(**fields)[0], naive(fields, **knobs))


@pytest.mark.parametrize("knobs", [{}, {"n_step": 1, "huber_delta": 0.1}, {"gamma": 0.0, "beta": 1.0}])
def test_the_gradient_is_the_slope_of_the_loss(knobs: dict[str, Any]) -> None:
    assert agrees_with_finite_differences(double_dqn_loss, draw(1, (2, 4)), "q", **knobs)


def test_no_gradient_reaches_the_target() -> None:
    assert reached(double_dqn_loss, draw(0), beta=0.0) == {"q"}


def test_a_threshold_of_zero_leaves_no_loss() -> None:
    assert reached(double_dqn_loss, draw(0), huber_delta=0.0) == set()


def test_two_transitions_worked_by_hand() -> None:
    fields: Fields = {
        "q": torch.tensor([[[1.0, 2.0], [0.0, 3.0], [4.0, 0.0]]]),
        "q_target": torch.tensor([[[9.0, 9.0], [5.0, 6.0], [7.0, 8.0]]]),
        "action": torch.tensor([[0, 1, 0]]),
        "reward": torch.tensor([[9.0, 1.0, 2.0]]),
        "done": torch.tensor([[0, 0, 0]]),
        "sampling_probability": torch.tensor([[0.5, 0.5, 0.25]]),
    }
    # Importance weights 1/0.5 = 2 and 1/0.25 = 4, divided by the larger one: 0.5 and 1. The online network prefers
    # action 0 in the last state, which the target network values at 7.
    # Step 0: 1 + 0.5 * 2 + 0.25 * 7 = 3.75, TD error 3.75 - 2 = 1.75, Huber 1.75 - 0.5 = 1.25, weighted 0.625.
    # Step 1: 2 + 0.5 * 7 = 5.5 as the sequence ends, TD error 5.5 - 0, Huber 5, weighted 5.
    loss, metrics = double_dqn_loss(**fields, gamma=0.5, n_step=2, huber_delta=1.0, beta=1.0)
    assert loss.item() == (0.625 + 5) / 2
    assert metrics["td_error_abs"].item() == (1.75 + 5.5) / 2
    assert metrics["q_taken"].item() == (2 + 0) / 2
