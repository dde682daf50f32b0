import math
from statistics import fmean, stdev
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from examples.losses.ppo_clip import ppo_loss
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
        "clip": st.sampled_from([0.0, 0.2, 1.0, 1e6]),
        "clip_value": st.booleans(),
        "value_coef": st.sampled_from([0.0, 0.5, 1e4]),
        "entropy_coef": st.sampled_from([0.0, 0.01, 10.0]),
        "normalize_advantage": st.booleans(),
    }
)
DEFAULTS: dict[str, Any] = {
    "clip": 0.2, "clip_value": True, "value_coef": 0.5, "entropy_coef": 0.01, "normalize_advantage": True,
}  # fmt: skip


def draw(seed: int, shape: tuple[int, int] = (3, 5), actions: int = 3) -> Fields:
    floats, whole = normal(seed), integers(seed)
    ends = whole(0, 6, shape)
    ends[0] = 0
    return {
        "logits": floats(*shape, actions),
        "value": floats(*shape),
        "old_value": floats(*shape),
        "action": whole(0, actions, shape),
        "old_log_prob": -1 + 0.3 * floats(*shape),
        "advantage": floats(*shape),
        "returns": floats(*shape),
        "done": torch.where(ends > 2, 0, ends),
    }


def naive(
    fields: Fields,
    *,
    clip: float,
    clip_value: bool,
    value_coef: float,
    entropy_coef: float,
    normalize_advantage: bool,
) -> float:
    f = lists(fields)
    places = [(b, t) for b, row in enumerate(f["done"]) for t in range(len(row) - 1) if row[t] == 0]
    advantages = [f["advantage"][b][t + 1] for b, t in places]
    if normalize_advantage:
        mean, deviation = fmean(advantages), stdev(advantages)
        advantages = [(each - mean) / (deviation + 1e-8) for each in advantages]
    losses: list[float] = []
    for (b, t), advantage in zip(places, advantages, strict=True):
        total = sum(math.exp(each) for each in f["logits"][b][t])
        probabilities: list[float] = [math.exp(each) / total for each in f["logits"][b][t]]
        action: int = f["action"][b][t + 1]
        ratio = probabilities[action] / math.exp(f["old_log_prob"][b][t + 1])
        policy_loss = -min(ratio * advantage, max(min(ratio, 1 + clip), 1 - clip) * advantage)
        value, old, returns = f["value"][b][t], f["old_value"][b][t], f["returns"][b][t + 1]
        value_loss = (value - returns) ** 2 / 2
        if clip_value:
            near = max(min(value, old + clip), old - clip)
            value_loss = max(value_loss, (near - returns) ** 2 / 2)
        entropy = -sum(p * math.log(p) for p in probabilities)
        losses.append(policy_loss + value_coef * value_loss - entropy_coef * entropy)
    return fmean(losses)


@given(seed=st.integers(0, 2**32 - 1), knobs=KNOBS)
def test_the_loss_is_that_of_a_loop_over_numbers(seed: int, knobs: dict[str, Any]) -> None:
    fields = draw(seed)
    assert_close(ppo_loss(**fields, **knobs)[0], naive(fields, **knobs))


def test_the_loss_of_the_saved_batch_is_that_of_a_loop_over_numbers() -> None:
    fields = real("ppo_clip", "obs_continuous", "reward")
    assert_close(ppo_loss(**fields)[0], naive(fields, **DEFAULTS))


@pytest.mark.parametrize("knobs", [{}, {"clip": 0.0}, {"clip": 1e6, "clip_value": False, "normalize_advantage": False}])
def test_the_gradient_is_the_slope_of_the_loss(knobs: dict[str, Any]) -> None:
    assert agrees_with_finite_differences(ppo_loss, draw(1, (2, 4)), "logits", "value", **knobs)


def test_a_value_without_weight_gets_no_gradient() -> None:
    assert {"logits", "value"} <= reached(ppo_loss, draw(0))
    assert not {"value", "old_value", "returns"} & reached(ppo_loss, draw(0), value_coef=0.0)


def test_two_transitions_worked_by_hand() -> None:
    fields: Fields = {
        "logits": torch.zeros(1, 3, 2),
        "value": torch.tensor([[1.0, 2.0, 9.0]]),
        "old_value": torch.tensor([[0.0, 2.0, 9.0]]),
        "action": torch.tensor([[0, 1, 0]]),
        "old_log_prob": torch.tensor([[0.0, 0.25, 0.5]]).log(),
        "advantage": torch.tensor([[9.0, 1.0, -1.0]]),
        "returns": torch.tensor([[9.0, 3.0, 1.0]]),
        "done": torch.tensor([[0, 0, 0]]),
    }
    # Both actions have probability 0.5 and entropy ln 2.
    # Step 0: ratio 0.5 / 0.25 = 2, clipped to 1.2, policy loss -1.2; value 1 may move from 0 to 0.2 only, so the larger
    # of (1 - 3)^2 / 2 = 2 and (0.2 - 3)^2 / 2 = 3.92.
    # Step 1: ratio 1, policy loss 1; value loss (2 - 1)^2 / 2 = 0.5.
    loss, metrics = ppo_loss(**fields, value_coef=0.5, entropy_coef=0.1, normalize_advantage=False)
    expected = ((-1.2 + 0.5 * 3.92) + (1 + 0.5 * 0.5)) / 2 - 0.1 * math.log(2)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    assert metrics["clip_share"].item() == 0.5
    assert metrics["entropy"].item() == pytest.approx(math.log(2))


def test_the_step_after_the_end_of_an_episode_counts_for_nothing() -> None:
    fields = draw(0, (2, 3))
    fields["done"] = torch.tensor([[0, 1, 0], [0, 0, 0]])
    other = {name: value.clone() for name, value in fields.items()}
    other["logits"][0, 1] = 5.0
    other["value"][0, 1] = 5.0
    other["advantage"][0, 2] = 5.0
    assert torch.equal(ppo_loss(**fields)[0], ppo_loss(**other)[0])
