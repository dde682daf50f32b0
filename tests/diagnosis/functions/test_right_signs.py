"""Losses that look as if a sign were wrong, and are right."""

import pytest
from torch import Tensor
from torch.nn import functional

from tests.diagnosis.functions.calls import rules_of
from tests.diagnosis.functions.test_inline_signs import (
    RIGHT,
    Categorical,
    Loss,
    examined,
    policy_loss,
)
from tests.diagnosis.functions.test_policy_signs import RULES, taken


def weighted_by_advantages(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    """Advantage-weighted regression."""
    return -(advantages.exp() * taken(logits, action)).mean()


def squares_of_advantages(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    return -(advantages * advantages * taken(logits, action)).mean()


def advantages_and_their_exponential(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    return -(taken(logits, action) + advantages * advantages.exp()).mean()


def of_a_cost(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    cost_advantage = advantages - 1
    return (((cost_advantage - cost_advantage.mean()) * 2) * taken(logits, action)).mean()


def a_constant_advantage(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    ones = 0 * advantages + 1
    return (ones * taken(logits, action)).mean()


def teacher_entropy(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    return policy_loss(logits, action, advantages) + Categorical(logits=logits.detach()).entropy().mean()


def cross_entropies(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    weight = advantages.exp()
    return (functional.cross_entropy(logits, action, reduction="none") * weight).mean()


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(
    "loss",
    [
        *(weighted_by_advantages, squares_of_advantages, advantages_and_their_exponential, teacher_entropy),
        *(cross_entropies, of_a_cost, a_constant_advantage),
    ],
)
def test_what_looks_alike_and_is_right_is_left_alone(loss: Loss, flat: bool) -> None:
    assert RULES & set(rules_of(examined(lambda _: loss, RIGHT, flat=flat))) == set()


def test_a_factor_that_is_trained_too_is_no_weight() -> None:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return ((taken(logits, action) * logits[:, 0]) * advantages).mean()

    for flat in (False, True):
        found = examined(lambda _: loss, RIGHT, flat=flat)
        assert "advantage-reversed" in {each.rule for each in found.not_checked}


def test_a_mean_of_advantages_says_nothing_of_single_ones() -> None:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return (taken(logits, action) * advantages.mean()).mean()

    found = examined(lambda _: loss, RIGHT, flat=False)
    assert "advantage-reversed" in {each.rule for each in found.not_checked}
