"""Where a loss is no sum over places, none is given a share, and the reason is said."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from mouse.tracing import explain
from tests.tracing.batches import S, explained, fields, output, shares

VALUE = output()["value"]


def reason(function: Callable[..., Any]) -> str:
    found = explained(function).traced
    assert found.contributions.values is None
    assert "loss" not in found.terms
    return found.contributions.reason


def product(value: Tensor, reward: Tensor) -> Tensor:
    return value.mean() * (value - reward).square().mean()


def geometric(value: Tensor, reward: Tensor) -> Tensor:
    return ((value - reward).square().mean() * value.square().mean()).sqrt()


def deviation(value: Tensor) -> Tensor:
    return value.std()


def squared_mean(value: Tensor) -> Tensor:
    return value.mean().square()


@pytest.mark.parametrize("function", [product, geometric, deviation, squared_mean])
def test_a_loss_whose_weights_depend_on_the_values_says_so(function: Callable[..., Any]) -> None:
    assert reason(function) == "the loss is no weighted sum of values per place: their weights depend on the values"


def detached(value: Tensor, reward: Tensor) -> Tensor:
    return value.square().mean() + reward.mean()


def number_of_places(value: Tensor) -> Tensor:
    return value.square().mean() + value.detach().mean() * torch.ones((), requires_grad=True)


@pytest.mark.parametrize("function", [detached, number_of_places])
def test_a_part_made_of_places_that_no_gradient_reaches_is_said(function: Callable[..., Any]) -> None:
    assert reason(function) == "a part of the loss comes from values per place that no gradient reaches"


def test_without_a_gradient_only_a_mean_is_split() -> None:
    def loss(value: Tensor) -> Tensor:
        with torch.no_grad():
            return value.square().sum()

    assert reason(loss) == "no gradient leads from the loss to a value per place"


def test_a_loss_of_no_place_says_so() -> None:
    def loss(value: Tensor) -> Tensor:
        return torch.zeros((), requires_grad=True) + value.shape[0]

    assert reason(loss) == "the loss depends on no tensor of the batch's shape"


def test_a_loss_that_no_recorded_operation_made_says_so() -> None:
    def loss(value: Tensor) -> Tensor:
        return vmapped(value)

    assert reason(loss) == "the loss depends on no tensor of the batch's shape"


def vmapped(value: Tensor) -> Tensor:
    return torch.vmap(torch.mean)(value.reshape(1, -1))


def test_an_empty_batch_has_none() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.square().sum()

    found = explain(loss, fields(0), {"value": torch.zeros(0, S)})
    assert found.traced.contributions.reason == "the loss depends on no tensor of the batch's shape"


def test_an_operation_on_a_value_and_what_it_is_made_of_is_no_weighted_sum() -> None:
    def loss(value: Tensor) -> Tensor:
        mean = value.mean()
        return mean + mean.exp()

    assert reason(loss).startswith("the loss is no weighted sum")


def test_where_the_gradient_reaches_no_place_none_has_a_share() -> None:
    def loss(value: Tensor) -> Tensor:
        offset = torch.ones((), requires_grad=True)
        return value.detach().mean() * 0 + offset

    assert reason(loss) == "no gradient leads from the loss to a value per place"


def test_a_value_that_only_lends_its_shape_adds_nothing() -> None:
    def loss(value: Tensor, logits: Tensor) -> Tensor:
        return value.mean().view_as(logits.mean())

    found = explained(loss)
    assert torch.allclose(shares(found), VALUE)
    assert found.traced.summands == ("value",)


def test_what_is_behind_complex_numbers_is_no_summand() -> None:
    def loss(value: Tensor) -> Tensor:
        spectrum = cast("Tensor", torch.fft.fft(value))  # pyright: ignore[reportUnknownMemberType]
        return spectrum.abs().mean() + 0 * spectrum.sum().real

    found = explained(loss)
    assert found.traced.summands == ("spectrum.abs()",)
    assert torch.allclose(shares(found), found.terms["spectrum.abs()"])

    def both(value: Tensor) -> Tensor:
        spectrum = cast("Tensor", torch.fft.fft(value))  # pyright: ignore[reportUnknownMemberType]
        return spectrum.abs().mean() + spectrum.sum().real

    assert reason(both) == "a part of the loss comes from values per place that no gradient reaches"
