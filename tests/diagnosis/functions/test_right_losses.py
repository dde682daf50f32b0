"""Losses that look suspicious and are right get no error and no warning; each broken one is named first."""

import pytest
import torch
from torch import Tensor

from mouse import doctor
from mouse.batch import load_batch
from mouse.diagnosis import FUNCTION_RULES
from tests.diagnosis.functions.calls import normal, report, rules_of
from tests.examples.losses.calls import BATCHES
from tests.explain.broken_losses import BROKEN_LOSSES, BrokenLoss


def ranking_loss(value: Tensor, reward: Tensor) -> Tensor:
    """All pairs, on purpose."""
    margin = value[:, None] - value[None, :]
    order = (reward[:, None] - reward[None, :]).sign()
    return torch.nn.functional.softplus(-margin * order).mean()


def spread_loss(value: Tensor, reward: Tensor) -> Tensor:
    """Pairs of one tensor with itself."""
    distance = value[:, None] - value
    return (distance.square().mean() - 2).square() + (value - reward).square().mean()


def masked_policy_loss(logits: Tensor, allowed: Tensor, action: Tensor, advantage: Tensor) -> Tensor:
    """Forbidden actions have the logit -inf, and no share of the loss."""
    masked = torch.where(allowed, logits, -torch.inf)
    log_probs = masked.log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, action.unsqueeze(-1)).squeeze(-1)
    return -(log_prob * advantage).mean()


def ppo_loss(logits: Tensor, action: Tensor, old_log_prob: Tensor, advantage: Tensor, *, clip: float = 0.2) -> Tensor:
    """PPO as it is written everywhere."""
    log_prob = logits.log_softmax(dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob - old_log_prob).exp()
    return -torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage).mean()


def fields() -> dict[str, Tensor]:
    logits = normal(0, 128, 4)
    allowed = torch.ones(128, 4, dtype=torch.bool)
    allowed[:, 3] = False
    action = torch.arange(128) % 3
    log_prob = logits.log_softmax(dim=-1).gather(-1, action.unsqueeze(-1)).squeeze(-1)
    return {
        "logits": logits, "value": normal(1), "action": action, "allowed": allowed, "advantage": normal(2),
        "old_log_prob": log_prob + 0.1 * normal(3), "reward": normal(4),
    }  # fmt: skip


RIGHT_LOSSES = (ranking_loss, spread_loss, masked_policy_loss, ppo_loss)


@pytest.mark.parametrize("loss", RIGHT_LOSSES)
def test_a_right_loss_that_looks_suspicious_gets_no_error_and_no_warning(loss: object) -> None:
    assert callable(loss)
    found = report(loss, **fields())
    assert [each.message for each in found.at_least("warning")] == []
    assert set(FUNCTION_RULES) - {each.rule for each in found.not_checked} <= set(found.checked)


def test_several_losses_in_one_call_are_each_examined_under_their_own_name() -> None:
    def weighted_loss(value: Tensor, weight: Tensor) -> Tensor:
        return (value * weight.log()).mean()

    def broadcast_loss(value: Tensor, reward: Tensor) -> Tensor:
        error = value[:, None] - reward
        return error.square().mean()

    found = report(ppo_loss, weighted_loss, broadcast_loss, weight=torch.zeros(128), **fields())
    named = {(each.rule, each.loss) for each in found.at_least("warning")}
    assert named == {("term-not-finite", "weighted_loss"), ("silent-broadcast", "broadcast_loss")}


@pytest.mark.parametrize("broken", BROKEN_LOSSES, ids=lambda each: each.function.__name__)
def test_the_bug_of_a_broken_loss_is_named_first(broken: BrokenLoss) -> None:
    step_stream, out = load_batch(BATCHES / f"{broken.batch}.safetensors")
    assert rules_of(doctor(step_stream, out, losses=[broken.function]))[0] == broken.rule
