from statistics import fmean
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.losses.sac_critic import sac_critic_loss
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

FLOATS = ("q1", "q2", "q1_target_next", "q2_target_next", "log_prob_next", "reward")
KNOBS = st.fixed_dictionaries({"gamma": st.sampled_from([0.0, 0.9, 1.0]), "alpha": st.sampled_from([0.0, 0.2, 100.0])})


def draw(seed: int, shape: tuple[int, ...] = (7,)) -> Fields:
    floats = normal(seed)
    return {**{name: floats(*shape) for name in FLOATS}, "done": integers(seed)(0, 3, shape)}


def naive(fields: Fields, *, gamma: float, alpha: float) -> float:
    f = lists({name: value.flatten() for name, value in fields.items()})
    losses: list[float] = []
    for n, done in enumerate(f["done"]):
        target = f["reward"][n]
        if done != 1:
            smaller = min(f["q1_target_next"][n], f["q2_target_next"][n])
            target += gamma * (smaller - alpha * f["log_prob_next"][n])
        losses.append((f["q1"][n] - target) ** 2 + (f["q2"][n] - target) ** 2)
    return fmean(losses)


@given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from([(1,), (7,), (7, 1), (3, 4)]), knobs=KNOBS)
def test_the_loss_is_that_of_a_loop_over_numbers(seed: int, shape: tuple[int, ...], knobs: dict[str, Any]) -> None:
    fields = draw(seed, shape)
    assert_close(sac_critic_loss(**fields, **knobs)[0], naive(fields, **knobs))


def test_the_loss_of_the_saved_batch_is_that_of_a_loop_over_numbers() -> None:
    fields = real("sac_critic", "obs", "action", "next_obs")
    assert_close(sac_critic_loss(**fields)[0], naive(fields, gamma=0.99, alpha=0.2))


@pytest.mark.parametrize("knobs", [{}, {"gamma": 0.0}, {"gamma": 1.0, "alpha": 100.0}])
def test_the_gradient_is_the_slope_of_the_loss(knobs: dict[str, Any]) -> None:
    assert agrees_with_finite_differences(sac_critic_loss, draw(1), "q1", "q2", **knobs)


def test_no_gradient_reaches_the_target() -> None:
    assert reached(sac_critic_loss, draw(0)) == {"q1", "q2"}


def test_a_value_behind_a_terminal_state_is_never_read() -> None:
    fields = draw(0)
    fields["done"][:] = 1
    fields["q1_target_next"][:] = torch.inf
    assert_close(sac_critic_loss(**fields)[0], naive(fields, gamma=0.99, alpha=0.2))


def test_two_transitions_worked_by_hand() -> None:
    fields: Fields = {
        "q1": torch.tensor([1.0, 2.0]),
        "q2": torch.tensor([3.0, 2.0]),
        "q1_target_next": torch.tensor([4.0, 8.0]),
        "q2_target_next": torch.tensor([6.0, 8.0]),
        "log_prob_next": torch.tensor([-2.0, 1.0]),
        "reward": torch.tensor([1.0, 5.0]),
        "done": torch.tensor([0, 1]),
    }
    # Transition 0: 1 + 0.5 * (min(4, 6) + 0.5 * 2) = 3.5, errors 2.5 and 0.5, 6.25 + 0.25 = 6.5.
    # Transition 1 is terminal: 5, errors 3 and 3, 18.
    loss, metrics = sac_critic_loss(**fields, gamma=0.5, alpha=0.5)
    assert loss.item() == (6.5 + 18) / 2
    assert {name: value.item() for name, value in metrics.items()} == {"q1": 1.5, "q2": 2.5, "target": 4.25}
