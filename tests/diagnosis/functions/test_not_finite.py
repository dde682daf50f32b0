"""Where NaN and infinity begin: in a field, an operation, a filled-in infinity, the mean, or a gradient."""

import pytest
import torch
from torch import Tensor

from tests.diagnosis.functions.calls import normal, only, report


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_a_field_that_is_not_finite_is_named_by_itself(number: float) -> None:
    def loss(value: Tensor, goal: Tensor) -> Tensor:
        return (value - goal).abs().mean()

    goal = normal(1)
    goal[3] = number
    found = only("term-not-finite", report(loss, value=normal(0), goal=goal))
    assert found.field == "step_stream.goal"
    assert f"The field `goal` is not finite (1 of 128 values, the first {number} at [3])" in found.message
    assert found.places == ((3, 0),)


def test_an_output_that_is_not_finite_is_one_of_the_model() -> None:
    def loss(value: Tensor) -> Tensor:
        return (value * 2).mean()

    found = only("term-not-finite", report(loss, out={"value": normal(0).fill_(torch.nan)}, reward=normal(1)))
    assert found.field == "out.value"


def test_an_infinity_that_was_filled_in_is_named_where_it_becomes_nan() -> None:
    def loss(logits: Tensor, allowed: Tensor) -> Tensor:
        masked = torch.where(allowed, logits, -torch.inf)
        probability = masked.softmax(dim=-1)
        return probability.square().mean()

    allowed = torch.ones(128, 3, dtype=torch.bool)
    allowed[5] = False
    found = only("term-not-finite", report(loss, logits=normal(0, 128, 3), allowed=allowed))
    assert found.message.startswith("`masked.softmax(dim=-1)` on line ")
    assert "there masked is -inf" in found.message


def test_an_infinity_that_was_filled_in_and_stays_one_is_named_itself() -> None:
    def loss(value: Tensor, allowed: Tensor) -> Tensor:
        filled = value.masked_fill(~allowed, torch.inf)
        return filled.mean()

    found = only("term-not-finite", report(loss, value=normal(0), allowed=normal(1) > 0))
    assert found.message.startswith("`value.masked_fill(~allowed, torch.inf)` on line ")


def test_the_first_operation_that_inherits_nothing_is_named() -> None:
    def loss(value: Tensor, count: Tensor) -> Tensor:
        ratio = value.abs() / count.sum()
        scaled = ratio * 2
        return scaled.mean()

    found = only("term-not-finite", report(loss, value=normal(0), count=torch.zeros(128)))
    assert found.field == "loss.ratio"


def test_a_mean_that_overflows_is_no_silent_infinity() -> None:
    def loss(value: Tensor) -> Tensor:
        return value * 3e38

    found = only("term-not-finite", report(loss, value=torch.ones(128)))
    assert found.message.startswith("loss is inf although every recorded value that it is made of is finite")
    assert found.field == "loss"


def test_a_sum_of_finite_gradients_that_overflows_is_told_at_its_first_operation() -> None:
    def loss(value: Tensor) -> Tensor:
        once = value * 3e38
        again = value * 3e38
        return once.sum() + again.sum()

    found = only("gradient-not-finite", report(loss, value=torch.zeros(128)))
    assert "The gradient at value is not finite in 128 of 128 entries" in found.message
    assert "`value * 3e+38` on line" in found.message


def test_an_operation_with_a_finite_gradient_is_not_blamed() -> None:
    def loss(value: Tensor) -> Tensor:
        doubled = value * 2
        root = value.sqrt()
        return doubled.mean() + root.mean()

    found = only("gradient-not-finite", report(loss, value=torch.ones(128).index_fill(0, torch.tensor([7]), 0)))
    assert "`value.sqrt()` on line" in found.message
    assert found.places == ((7, 0),)


def test_an_operand_that_lends_only_its_shape_is_not_blamed() -> None:
    def loss(value: Tensor, other: Tensor) -> Tensor:
        shown = other[:1].expand_as(value)
        root = value.sqrt()
        return shown.mean() + root.mean()

    found = only("gradient-not-finite", report(loss, out={"value": torch.zeros(128), "other": normal(0)}))
    assert "`value.sqrt()` on line" in found.message


def test_an_operation_in_place_is_blamed_like_any_other() -> None:
    def loss(value: Tensor, goal: Tensor) -> Tensor:
        distance = value - goal
        distance.sqrt_()
        return distance.mean()

    found = only("gradient-not-finite", report(loss, value=torch.ones(128), goal=torch.ones(128)))
    assert found.field == "loss.distance"
    assert "where distance is 0: `distance.sqrt_()` on line" in found.message


def test_an_operation_that_was_not_recorded_is_said_to_be_so() -> None:
    def loss(value: Tensor) -> Tensor:
        root = torch.vmap(torch.sqrt)(value)
        return root.mean()

    found = only("gradient-not-finite", report(loss, out={"value": torch.zeros(128)}, reward=normal(1)))
    assert "where value is 0: an operation that was not recorded makes it of a finite one" in found.message


def test_a_number_that_belongs_to_no_place_has_none() -> None:
    def loss(value: Tensor) -> Tensor:
        scale = value.mean().log()
        return value * scale

    found = only("term-not-finite", report(loss, value=-normal(0).abs()))
    assert (found.field, found.places) == ("loss.scale", ())
    assert "is not finite (its value, the first nan at [])" in found.message
