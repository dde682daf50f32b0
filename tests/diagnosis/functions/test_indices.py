"""The number of the best action in the place of its value is named, and right uses of such numbers are not."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import COUNT, normal, only, report, rules_of

ACTION = torch.arange(COUNT) % 4
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def told(loss: Loss) -> Report:
    out = {"q": normal(0, COUNT, 4)}
    return report(loss, out=out, q_next=normal(1, COUNT, 4), action=ACTION, reward=normal(2))


def taken(q: Tensor, action: Tensor) -> Tensor:
    return q.gather(-1, action[:, None]).squeeze(-1)


def added(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    target = reward + 0.9 * q_next.argmax(-1)
    return ((taken(q, action) - target) ** 2).mean()


def second_of_max(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    best = q_next.max(dim=-1)[1].float()
    return ((taken(q, action) - reward - best) ** 2).mean()


def in_an_error(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    weight = 1 + 0 * q_next.mean(-1) * reward
    return (weight * functional.mse_loss(taken(q, action), q_next.argmax(-1).double(), reduction="none")).mean()


def drawn(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    sample = q_next.softmax(-1).multinomial(1).squeeze(-1)
    return ((taken(q, action) - reward) * sample).square().mean()


@pytest.mark.parametrize("loss", [added, second_of_max, in_an_error, drawn])
def test_a_number_that_is_computed_with_is_named(loss: Loss) -> None:
    found = only("index-as-number", told(loss))
    assert found.severity == "warning"
    assert found.message.endswith("which is the number of an entry and not the entry.")


def test_the_expression_and_the_number_are_named() -> None:
    found = only("index-as-number", told(added))
    assert found.message.startswith("`reward + 0.9 * q_next.argmax(-1)` on line ")
    assert "computes with `q_next.argmax(-1)`" in found.message
    assert found.field == "added.target"


def gathered(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    best = q_next.gather(-1, q_next.argmax(-1, keepdim=True)).squeeze(-1)
    return ((taken(q, action) - reward - 0.9 * best) ** 2).mean()


def compared(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    same = (q_next.argmax(-1) == action).float()
    return ((taken(q, action) - reward) ** 2 * same).mean()


def one_hot(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    greedy = functional.one_hot(q_next.argmax(-1), 4)
    return (((q * greedy).sum(-1) - reward) ** 2).mean() + 0 * action.sum()


def flat_index(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    place = torch.arange(len(q)) * 4 + q_next.argmax(-1)
    return ((q.flatten()[place] - reward) ** 2).mean() + 0 * action.sum()


def bin_centres(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    centre = -1 + 0.5 * q_next.argmax(-1)
    return ((taken(q, action) - reward - centre) ** 2).mean()


def largest_count(q: Tensor, q_next: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    return ((taken(q, action) - reward) ** 2 * action.max()).mean() + 0 * q_next.sum()


@pytest.mark.parametrize("loss", [gathered, compared, one_hot, flat_index, bin_centres, largest_count])
def test_what_such_numbers_are_for_is_left_alone(loss: Loss) -> None:
    assert "index-as-number" not in rules_of(told(loss))
