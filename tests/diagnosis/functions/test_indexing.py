"""`q[:, action]` picks from every sample by the actions of all: the doctor says so, and nothing of right indices."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.diagnosis.functions.calls import COUNT, normal, only, report, rules_of

ACTIONS = 5
ACTION = torch.arange(COUNT) % ACTIONS
FLAT = {"q": normal(0, COUNT, ACTIONS).requires_grad_(), "action": ACTION, "reward": normal(1)}
SEQUENCES = {
    "q": normal(0, 8, 16, ACTIONS).requires_grad_(),
    "action": ACTION.view(8, 16),
    "reward": normal(1, 8, 16),
}


def behind_a_colon(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[:, action]
    return ((chosen - reward) ** 2).mean()


def selected(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q.index_select(1, action)
    return ((chosen - reward) ** 2).mean()


def as_a_column(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[:, action[:, None]].squeeze(-1)
    return ((chosen - reward) ** 2).mean()


def behind_dots(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[..., action]
    return ((chosen - reward) ** 2).mean()


def behind_one_of_two(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[:, :, action]
    return ((chosen.mean((2, 3)) - reward) ** 2).mean()


@pytest.mark.parametrize("loss", [behind_a_colon, selected, as_a_column])
def test_an_index_of_the_batch_behind_a_colon_is_named(loss: Callable[..., Tensor]) -> None:
    found = report(loss, **FLAT)
    assert rules_of(found)[0] == "silent-broadcast"
    finding = only("silent-broadcast", found)
    assert f"of q [{COUNT}, {ACTIONS}] and the index" in finding.message
    assert "q.gather(-1, " in finding.fix


@pytest.mark.parametrize("loss", [behind_dots, behind_one_of_two])
def test_so_is_one_of_sequences(loss: Callable[..., Tensor]) -> None:
    finding = only("silent-broadcast", report(loss, **SEQUENCES))
    assert "makes [8, 16, 8, 16] of q [8, 16, 5] and the index action [8, 16], expected [8, 16]" in finding.message
    assert finding.fix == "Write `q.gather(-1, action[..., None]).squeeze(-1)`."


def by_row(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[torch.arange(len(q)), action]
    return ((chosen - reward) ** 2).mean()


def gathered(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q.gather(1, action[:, None]).squeeze(1)
    return ((chosen - reward) ** 2).mean()


def shuffled(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    order = reward.argsort()
    chosen = q[order].gather(1, action[order][:, None]).squeeze(1)
    return ((chosen - reward[order]) ** 2).mean()


def columns(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    chosen = q[:, torch.tensor([0, 2])].mean(1) + 0 * action
    return ((chosen - reward) ** 2).mean()


def looked_up(q: Tensor, action: Tensor, reward: Tensor) -> Tensor:
    prior = torch.linspace(0, 1, COUNT).expand(COUNT, COUNT)[:, action].diagonal()
    chosen = q.gather(1, action[:, None]).squeeze(1)
    return ((chosen - reward - prior) ** 2).mean()


@pytest.mark.parametrize("loss", [by_row, gathered, shuffled, columns, looked_up])
def test_a_right_index_is_left_alone(loss: Callable[..., Tensor]) -> None:
    assert "silent-broadcast" not in rules_of(report(loss, **FLAT))
