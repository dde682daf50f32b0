"""Networks that changed places in a Double DQN target are named, and the right target is not."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import COUNT, normal, only, report, rules_of

ACTION = torch.arange(COUNT) % 4
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def examined(loss: Loss) -> Report:
    out = {"q": normal(0, COUNT, 4), "q_next": normal(1, COUNT, 4), "q_next_target": normal(2, COUNT, 4)}
    return report(loss, out=out, action=ACTION)


def error(q: Tensor, action: Tensor, value: Tensor) -> Tensor:
    return (q.gather(-1, action[:, None]).squeeze(-1) - 0.9 * value).square().mean()


@torch.no_grad()
def pick(values: Tensor, index: Tensor) -> Tensor:
    return values.gather(-1, index.unsqueeze(-1)).squeeze(-1)


def swapped(q: Tensor, q_next: Tensor, q_next_target: Tensor, action: Tensor) -> Tensor:
    return error(q, action, pick(q_next, q_next_target.argmax(-1)))


def swapped_by_max(q: Tensor, q_next: Tensor, q_next_target: Tensor, action: Tensor) -> Tensor:
    best = q_next_target.max(dim=-1).indices
    return error(q, action, pick(q_next, best))


@pytest.mark.parametrize("loss", [swapped, swapped_by_max])
def test_a_target_network_that_chooses_is_named(loss: Loss) -> None:
    found = only("double-q-swapped", examined(loss))
    assert found.severity == "warning"
    assert found.message.endswith("picks from q_next what q_next_target prefers, expected the reverse.")


def right(q: Tensor, q_next: Tensor, q_next_target: Tensor, action: Tensor) -> Tensor:
    return error(q, action, pick(q_next_target, q_next.argmax(-1)))


def plain(q: Tensor, q_next: Tensor, q_next_target: Tensor, action: Tensor) -> Tensor:
    return error(q, action, pick(q_next_target, q_next_target.argmax(-1)) + 0 * q_next.detach().sum(-1))


@pytest.mark.parametrize("loss", [right, plain])
def test_right_targets_are_left_alone(loss: Loss) -> None:
    assert "double-q-swapped" not in rules_of(examined(loss))


def test_a_target_that_nothing_else_chooses_was_not_checked() -> None:
    needs = {each.rule: each.needs for each in examined(plain).not_checked}
    assert needs["double-q-swapped"] == "a value that the argmax of another output picks"
    assert "double-q-swapped" in examined(right).checked
