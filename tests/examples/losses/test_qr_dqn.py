from statistics import fmean
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.losses.qr_dqn import qr_dqn_loss
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
    {"gamma": st.sampled_from([0.0, 0.9, 1.0]), "kappa": st.sampled_from([0.0, 0.5, 1.0, 1e6])}
)


def draw(seed: int, shape: tuple[int, ...] = (5,), actions: int = 3, quantiles: int = 4) -> Fields:
    floats, whole = normal(seed), integers(seed)
    return {
        "quantiles": floats(*shape, actions, quantiles),
        "quantiles_target_next": floats(*shape, actions, quantiles),
        "action": whole(0, actions, shape),
        "reward": floats(*shape),
        "done": whole(0, 3, shape),
    }


def naive(fields: Fields, *, gamma: float, kappa: float) -> float:
    leading = fields["action"].dim()
    f = lists({name: value.flatten(0, leading - 1) for name, value in fields.items()})
    losses: list[float] = []
    for n, action in enumerate(f["action"]):
        own = f["quantiles"][n][action]
        best = max(f["quantiles_target_next"][n], key=fmean)
        alive = f["done"][n] != 1
        total = 0.0
        for i, quantile in enumerate(own):
            for following in best:
                error = f["reward"][n] + (gamma * following if alive else 0) - quantile
                size = abs(error)
                huber = size**2 / 2 / kappa if 0 < kappa >= size else size - kappa / 2
                total += abs((i + 0.5) / len(own) - (error < 0)) * huber / len(best)
        losses.append(total)
    return fmean(losses)


@given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from([(1,), (5,), (5, 1), (2, 3)]), knobs=KNOBS)
def test_the_loss_is_that_of_a_loop_over_numbers(seed: int, shape: tuple[int, ...], knobs: dict[str, Any]) -> None:
    fields = draw(seed, shape)
    assert_close(qr_dqn_loss(**fields, **knobs)[0], naive(fields, **knobs))


def test_the_loss_of_the_saved_batch_is_that_of_a_loop_over_numbers() -> None:
    fields = real("qr_dqn", "obs", "next_obs")
    assert_close(qr_dqn_loss(**fields)[0], naive(fields, gamma=0.99, kappa=1.0))


@pytest.mark.parametrize("knobs", [{}, {"kappa": 0.0}, {"gamma": 0.0, "kappa": 0.1}])
def test_the_gradient_is_the_slope_of_the_loss(knobs: dict[str, Any]) -> None:
    assert agrees_with_finite_differences(qr_dqn_loss, draw(1, (3,)), "quantiles", **knobs)


def test_no_gradient_reaches_the_target() -> None:
    assert reached(qr_dqn_loss, draw(0)) == {"quantiles"}


def test_the_plain_quantile_loss_is_where_the_huber_loss_goes() -> None:
    fields = draw(0)
    torch.testing.assert_close(qr_dqn_loss(**fields, kappa=1e-9)[0], qr_dqn_loss(**fields, kappa=0.0)[0])


def test_minimizing_it_learns_the_distribution_of_the_target() -> None:
    returns = torch.tensor([7.0, -3.0, 1.0, 30.0, 12.0])
    fields: Fields = {
        "quantiles_target_next": returns.expand(1, 1, 5),
        "action": torch.tensor([0]),
        "reward": torch.tensor([0.0]),
        "done": torch.tensor([0]),
    }
    quantiles = torch.zeros(1, 1, 5, requires_grad=True)
    optimizer = torch.optim.SGD([quantiles], lr=1.0)
    for _ in range(200):
        optimizer.zero_grad()
        qr_dqn_loss(quantiles, **fields, gamma=1.0, kappa=0.0)[0].backward()
        optimizer.step()
    # Five values have their quantiles 0.1, 0.3, 0.5, 0.7 and 0.9 at themselves, in order.
    torch.testing.assert_close(quantiles.detach().flatten(), returns.sort().values, rtol=0, atol=1.0)


def test_one_transition_worked_by_hand() -> None:
    fields: Fields = {
        "quantiles": torch.tensor([[[9.0, 9.0], [0.0, 2.0]]]),
        "quantiles_target_next": torch.tensor([[[1.0, 3.0], [0.0, 3.0]]]),
        "action": torch.tensor([1]),
        "reward": torch.tensor([1.0]),
        "done": torch.tensor([2]),
    }
    # Action 0 has the larger mean, so the target is 1 + 0.5 * (1, 3) = (1.5, 2.5): truncated, not terminal.
    # Quantile 0 at level 0.25: errors 1.5 and 2.5, Huber 1 and 2, weights 0.25: mean 0.375.
    # Quantile 2 at level 0.75: errors -0.5 and 0.5, Huber 0.125, weights 0.25 and 0.75: mean 0.0625.
    loss, metrics = qr_dqn_loss(**fields, gamma=0.5, kappa=1.0)
    assert loss.item() == 0.375 + 0.0625
    assert {name: value.item() for name, value in metrics.items()} == {"q_taken": 1.0, "q_target": 2.0}
