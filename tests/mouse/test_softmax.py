"""The logarithm of the sum of exponentials, in both of its layouts."""

import math
from typing import cast

import pytest
import torch
from torch import Tensor

from mouse.losses.softmax import FEW_ACTIONS, logsumexp

SIZES = pytest.mark.parametrize("actions", [1, 3, FEW_ACTIONS - 1, FEW_ACTIONS, 40])


def random_values(actions: int) -> Tensor:
    generator = torch.Generator().manual_seed(actions)
    return 5 * torch.randn(2, 4, actions, generator=generator, dtype=torch.float64)


@SIZES
def test_it_is_what_its_name_says(actions: int) -> None:
    values = random_values(actions)
    found = logsumexp(values)
    assert found.shape == (2, 4)
    for place in ((0, 0), (1, 3)):
        numbers = cast("list[float]", values[place].tolist())
        expected = math.log(math.fsum(math.exp(number) for number in numbers))
        assert found[place].item() == pytest.approx(expected, rel=1e-14)


@SIZES
def test_its_gradient_is_the_softmax(actions: int) -> None:
    values = random_values(actions).requires_grad_()
    assert torch.autograd.gradcheck(logsumexp, values)
    (gradient,) = torch.autograd.grad(logsumexp(values).sum(), values)
    torch.testing.assert_close(gradient, values.softmax(dim=-1))


@SIZES
def test_numbers_far_from_zero_neither_overflow_nor_vanish(actions: int) -> None:
    values = random_values(actions).float()
    for shift in (-1e4, 1e4):
        torch.testing.assert_close(logsumexp(values + shift), torch.logsumexp(values + shift, dim=-1))


@pytest.mark.parametrize("actions", [3, FEW_ACTIONS])
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([-math.inf, 2.0], None),
        ([-math.inf, -math.inf], -math.inf),
        ([math.inf, 2.0], math.inf),
        ([math.nan, 2.0], math.nan),
        ([math.nan, math.inf], math.nan),
    ],
)
def test_what_is_not_finite_counts_as_in_torch(actions: int, entries: list[float], expected: float | None) -> None:
    values = torch.full((1, 1, actions), entries[0])
    values[..., -1] = entries[1]
    if expected is None:  # an action that counts for nothing
        expected = entries[1]
    assert logsumexp(values).item() == pytest.approx(expected, nan_ok=True)
    torch.testing.assert_close(logsumexp(values), torch.logsumexp(values, dim=-1), equal_nan=True)


@SIZES
def test_the_values_stay_as_they_are(actions: int) -> None:
    values = random_values(actions)
    before = values.clone()
    logsumexp(values)
    assert torch.equal(values, before)
