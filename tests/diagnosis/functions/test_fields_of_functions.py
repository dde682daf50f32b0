"""What a function does to the fields of the batch: ends and weights that it ignores, and what it changes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of

DONE = (torch.arange(128) % 8 == 7).long()
WEIGHT = torch.linspace(0.1, 1, 128)


def td_loss(q: Tensor, q_next: Tensor, reward: Tensor) -> Tensor:
    return (q - reward - 0.9 * q_next.detach()).square().mean()


def of(loss: Callable[..., Any], **fields: Any) -> Report:
    return report(loss, out={"q": normal(0), "q_next": normal(1)}, reward=normal(2), **fields)


@pytest.mark.parametrize("name", ["done", "terminated", "not_done"])
@pytest.mark.parametrize("kind", [torch.int64, torch.float32])
def test_ends_that_no_operation_reads_beside_a_reward_are_named(name: str, kind: torch.dtype) -> None:
    found = only("field-ignored", of(td_loss, **{name: DONE.to(kind)}))
    assert (found.severity, found.field, found.count) == ("warning", f"step_stream.{name}", 16)
    assert found.message.startswith(f"td_loss reads a reward and never {name}, which is 1 at 12.5 % of 128 places")


def test_a_parameter_that_the_body_never_mentions_is_not_read() -> None:
    def loss(q: Tensor, q_next: Tensor, reward: Tensor, done: Tensor) -> Tensor:  # noqa: ARG001  the bug
        return (q - reward - 0.9 * q_next.detach()).square().mean()

    assert only("field-ignored", of(loss, done=DONE)).field == "step_stream.done"


def test_a_parameter_that_the_body_deletes_is_left_out_on_purpose() -> None:
    def loss(q: Tensor, q_next: Tensor, reward: Tensor, done: Tensor) -> Tensor:
        del done
        return (q - reward - 0.9 * q_next.detach()).square().mean()

    assert rules_of(of(loss, done=DONE)) == []


def test_ends_that_are_read_or_that_nothing_can_be_missed_of_are_left_alone() -> None:
    def loss(q: Tensor, q_next: Tensor, reward: Tensor, done: Tensor) -> Tensor:
        return (q - reward - 0.9 * (1 - done) * q_next.detach()).square().mean()

    def policy_loss(q: Tensor, q_next: Tensor) -> Tensor:
        return (q - q_next.detach()).square().mean()

    assert rules_of(of(loss, done=DONE)) == []
    assert rules_of(of(loss, done=DONE, truncated=DONE, terminated=DONE)) == []
    assert rules_of(of(td_loss, done=torch.ones_like(DONE))) == []
    assert rules_of(of(policy_loss, done=DONE)) == []


def test_ends_beside_a_reward_without_a_later_value_are_information() -> None:
    def reward_loss(q: Tensor, reward: Tensor) -> Tensor:
        return (q - reward).square().mean()

    assert only("field-ignored", of(reward_loss, done=DONE)).severity == "info"


def test_ends_that_another_loss_of_the_call_reads_are_read() -> None:
    def ends_loss(q: Tensor, done: Tensor) -> Tensor:
        return (q * done).square().mean()

    found = report(td_loss, ends_loss, out={"q": normal(0), "q_next": normal(1)}, reward=normal(2), done=DONE)
    assert rules_of(found) == []


@pytest.mark.parametrize(("name", "severity"), [("importance_weight", "warning"), ("weight", "info")])
def test_weights_that_nothing_reads_are_named(name: str, severity: str) -> None:
    found = only("field-ignored", of(td_loss, **{name: WEIGHT}))
    assert (found.severity, found.field) == (severity, f"step_stream.{name}")
    assert "which lies between 0.1 and 1" in found.message


def test_weights_that_are_taken_and_never_mentioned_are_a_warning() -> None:
    def loss(q: Tensor, reward: Tensor, weight: Tensor) -> Tensor:  # noqa: ARG001  the bug
        return (q - reward).square().mean()

    assert only("field-ignored", of(loss, weight=WEIGHT)).severity == "warning"


def test_weights_that_are_all_one_or_of_another_shape_say_nothing() -> None:
    assert rules_of(of(td_loss, weight=torch.ones(128))) == []
    assert rules_of(of(td_loss, weight=normal(3, 128, 2))) == []
    assert rules_of(of(td_loss, weight=torch.arange(128))) == []


def test_a_change_of_a_model_s_output_is_named_as_one() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        value.mul_(2)
        return (value - reward).square().mean()

    found = only("batch-changed", report(loss, out={"value": normal(0)}, reward=normal(1)))
    assert (found.severity, found.field) == ("warning", "out.value")


def test_a_change_that_leaves_every_number_as_it_was_is_none() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        reward.add_(0)
        return torch.where(reward.isnan(), 0, value).square().mean()

    reward = normal(1)
    reward[3] = torch.nan
    assert "batch-changed" not in rules_of(report(loss, out={"value": normal(0)}, reward=reward))
