"""Actions that are numbers, one or several a row: fine without a loss that reads an index, and as good as evidence."""

from typing import Any

import pytest
import torch
from torch import Tensor

from mouse import doctor
from tests.diagnosis.linear import linear, moved
from tests.diagnosis.samples import configs

RULE = "alignment-off-by-one"


def own_loss(reward: Tensor, action: Tensor) -> Tensor:
    return (reward + action.sum(dim=2)).square().mean()


def single(batch: Any) -> Any:
    """The first number of each action alone is the action of a world in which the others are noise."""
    return batch.clone().update({"action": batch["action"][..., 0]})


@pytest.mark.parametrize("seed", range(3))
def test_a_right_batch_is_left_alone(seed: int) -> None:
    report = doctor(linear(seed=seed))
    assert report.at_least("warning") == ()
    assert RULE in report.checked


def test_one_number_a_row_is_left_alone() -> None:
    report = doctor(single(linear()))
    assert report.at_least("warning") == ()
    assert {each.rule: each.needs for each in report.not_checked}["action-out-of-range"] == "actions that are indices"


@pytest.mark.parametrize(
    ("by", "losses", "severity"),
    [(1, [], "warning"), (-1, [], "warning"), (1, [own_loss], "warning"), (-1, [own_loss], "info")],
)
def test_an_action_of_another_row_is_named(by: int, losses: list[Any], severity: str) -> None:
    """With the state that it leaves it may be meant, where a loss of one's own pairs the rows."""
    wrong = moved(linear(), by, "action")
    first = next(each for each in doctor(wrong, losses=losses) if each.rule == RULE)
    assert (first.severity, first.field) == (severity, "step_stream.action")


def test_a_loss_that_reads_an_index_says_that_there_is_none() -> None:
    batch = linear()
    chosen = {"dqn": configs()["dqn"]}
    assert "shape-mismatch" in {each.rule for each in doctor(batch, batch.select(), chosen)}
    assert "action-out-of-range" in {each.rule for each in doctor(single(batch), batch.select(), chosen)}


@pytest.mark.parametrize(
    "action",
    [
        torch.zeros(16, 64, 3, dtype=torch.bool),
        torch.zeros(16, 64, 1, dtype=torch.int64),
        torch.zeros(16, 64, 3, 2),
        torch.zeros(16, 64, 0),
    ],
)
def test_other_shapes_and_types_are_still_named(action: Tensor) -> None:
    batch = linear().update({"action": action})
    report = doctor(batch, rules=["shape-mismatch", RULE])
    assert [each.rule for each in report] == ["shape-mismatch"]


def test_several_indices_a_row_are_an_action_of_numbers() -> None:
    batch = linear()
    batch["action"] = (batch["action"] > 0).long()
    assert doctor(batch).at_least("warning") == ()
