import math
from statistics import fmean, stdev
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.losses.grpo import grpo_loss
from tests.examples.losses.calls import (
    Fields,
    agrees_with_finite_differences,
    assert_close,
    integers,
    lists,
    normal,
    reached,
    real,
)

KNOBS = st.fixed_dictionaries(
    {
        "clip_low": st.sampled_from([0.0, 0.2, 1.0]),
        "clip_high": st.sampled_from([0.0, 0.28, 1e6]),
        "kl_coef": st.sampled_from([0.0, 0.04, 10.0]),
        "scale_rewards": st.booleans(),
        "average": st.sampled_from(["sequence", "token"]),
    }
)
DEFAULTS: dict[str, Any] = {
    "clip_low": 0.2, "clip_high": 0.2, "kl_coef": 0.04, "scale_rewards": True, "average": "sequence",
}  # fmt: skip


def draw(seed: int, shape: tuple[int, int] = (6, 5), tokens: int = 4) -> Fields:
    """Sequences of groups of any size, one alone in its group, one without any token of its own."""
    floats, whole = normal(seed), integers(seed)
    mask = whole(0, 2, shape).bool()
    mask[0], mask[1] = True, False
    group = whole(0, 2, (shape[0], 1)) * 7
    group[-1] = 3
    reward = torch.zeros(shape, dtype=torch.float64)
    reward[:, -1] = whole(0, 2, (shape[0],)).double()
    return {
        "logits": floats(*shape, tokens),
        "token": whole(0, tokens, shape),
        "token_mask": mask,
        "old_log_prob": -1.5 + 0.3 * floats(*shape),
        "ref_log_prob": -1.5 + 0.3 * floats(*shape),
        "reward": reward,
        "group": group.repeat(1, shape[1]),
    }


def naive(
    fields: Fields, *, clip_low: float, clip_high: float, kl_coef: float, scale_rewards: bool, average: str
) -> float:
    f = lists(fields)
    rewards, groups = [sum(row) for row in f["reward"]], [row[0] for row in f["group"]]
    sequences: list[list[float]] = []
    for b, tokens in enumerate(f["token"]):
        own = [reward for reward, group in zip(rewards, groups, strict=True) if group == groups[b]]
        advantage = rewards[b] - fmean(own)
        if scale_rewards:
            advantage /= (stdev(own) if len(own) > 1 else 0) + 1e-4
        losses: list[float] = []
        for t in range(1, len(tokens)):
            if not f["token_mask"][b][t]:
                continue
            logits = f["logits"][b][t - 1]
            log_prob = logits[tokens[t]] - math.log(sum(math.exp(each) for each in logits))
            ratio = math.exp(log_prob - f["old_log_prob"][b][t])
            clipped = max(min(ratio, 1 + clip_high), 1 - clip_low)
            difference = f["ref_log_prob"][b][t] - log_prob
            losses.append(
                -min(ratio * advantage, clipped * advantage) + kl_coef * (math.exp(difference) - difference - 1)
            )
        sequences.append(losses)
    if average == "token":
        return fmean(each for losses in sequences for each in losses)
    return fmean(fmean(losses) if losses else 0.0 for losses in sequences)


@given(seed=st.integers(0, 2**32 - 1), knobs=KNOBS)
def test_the_loss_is_that_of_a_loop_over_numbers(seed: int, knobs: dict[str, Any]) -> None:
    fields = draw(seed)
    assert_close(grpo_loss(**fields, **knobs)[0], naive(fields, **knobs))


def test_the_loss_of_the_saved_batch_is_that_of_a_loop_over_numbers() -> None:
    fields = real("grpo", "done")
    assert_close(grpo_loss(**fields)[0], naive(fields, **DEFAULTS))


@pytest.mark.parametrize("knobs", [{}, {"clip_low": 0.0, "clip_high": 0.0}, {"average": "token", "kl_coef": 10.0}])
def test_the_gradient_is_the_slope_of_the_loss(knobs: dict[str, Any]) -> None:
    assert agrees_with_finite_differences(grpo_loss, draw(1, (4, 4)), "logits", **knobs)


@pytest.mark.parametrize("average", ["sequence", "token"])
def test_tokens_outside_the_mask_get_no_gradient(average: Any) -> None:
    fields = draw(0)
    fields["logits"].requires_grad_()
    grpo_loss(**fields, average=average)[0].backward()
    gradient = fields["logits"].grad
    assert gradient is not None
    of_token = gradient[:, :-1].abs().sum(dim=-1) > 0
    assert not bool(of_token[~fields["token_mask"][:, 1:]].any())
    assert bool(of_token[fields["token_mask"][:, 1:]].any())
    assert not bool(gradient[:, -1].any())


def test_a_group_of_equal_rewards_teaches_nothing() -> None:
    fields = draw(0)
    fields["reward"][:] = 1.0
    assert "logits" not in reached(grpo_loss, fields, kl_coef=0.0)
    assert "logits" in reached(grpo_loss, draw(0), kl_coef=0.0)


def test_two_completions_worked_by_hand() -> None:
    fields: Fields = {
        "logits": torch.zeros(2, 3, 2),
        "token": torch.tensor([[0, 1, 0], [0, 0, 1]]),
        "token_mask": torch.tensor([[False, True, True], [False, True, False]]),
        "old_log_prob": torch.tensor([[1.0, 0.5, 0.25], [1.0, 0.5, 0.5]]).log(),
        "ref_log_prob": torch.tensor([[1.0, 0.5, 0.5], [1.0, 1.0, 0.5]]).log(),
        "reward": torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        "group": torch.tensor([[4, 4, 4], [4, 4, 4]]),
    }
    # Every token has probability 0.5. Rewards 1 and 0, so the advantages are 0.5 and -0.5.
    # Completion 0: ratio 1, -0.5; ratio 0.5 / 0.25 = 2, clipped to 1.2, -0.6. Its KL is 0.
    # Completion 1: ratio 1, 0.5; the reference has probability 1, so KL = 1 / 0.5 - ln 2 - 1 = 1 - ln 2.
    first, second = [-0.5, -0.6], 0.5 + 1 - math.log(2)
    loss, metrics = grpo_loss(**fields, kl_coef=1.0, scale_rewards=False)
    assert loss.item() == pytest.approx((fmean(first) + second) / 2)
    assert metrics["reward"].item() == 0.5
    assert metrics["kl"].item() == pytest.approx((1 - math.log(2)) / 3)
    by_token, _metrics = grpo_loss(**fields, kl_coef=1.0, scale_rewards=False, average="token")
    assert by_token.item() == pytest.approx((sum(first) + second) / 3)
    # Standard deviation of 1 and 0 is sqrt(0.5): advantages 0.5 / 0.7071 = 0.7071 each way.
    scaled, _metrics = grpo_loss(**fields, kl_coef=0.0, clip_high=9.0)
    expected = (-math.sqrt(0.5) * (1 + 2) / 2 + math.sqrt(0.5)) / 2
    assert scaled.item() == pytest.approx(expected, rel=1e-3)
