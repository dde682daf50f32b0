"""Parts of a policy's loss that push the wrong way are named, and those that push the right way are not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import COUNT, normal, only, report, rules_of

ACTION = torch.arange(COUNT) % 4
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
RULES = {"advantage-reversed", "clip-reversed", "entropy-minimized"}


def examined(loss: Loss, name: str = "advantage") -> Report:
    logits = normal(0, COUNT, 4)
    old = taken(logits, ACTION) + 0.2 * normal(1)
    fields = {"action": ACTION, "old": old, name: normal(2)}
    return report(loss, out={"logits": logits}, **fields)


def signs(found: Report) -> set[str]:
    return RULES & set(rules_of(found))


def taken(logits: Tensor, action: Tensor) -> Tensor:
    return logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)


def without_minus(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    return (ratio * advantage).mean()


def two_minuses(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    return -(ratio * -advantage).mean()


def normalized_without_minus(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    adv = (advantage - advantage.mean()) / advantage.std()
    return (adv * taken(logits, action)).sum() + 0 * old.mean()


def output_without_minus(log_prob: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    return (log_prob * advantage).mean() + 0 * (old.mean() + action.sum())


def test_a_log_probability_that_the_model_put_out_is_one() -> None:
    out = {"log_prob": normal(0)}
    found = report(output_without_minus, out=out, action=ACTION, old=normal(1), advantage=normal(2))
    assert only("advantage-reversed", found).field == "output_without_minus.log_prob * advantage"


def distribution_without_minus(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    distribution: Any = torch.distributions.Categorical(logits=logits)
    log_prob: Tensor = distribution.log_prob(action)
    return (advantage * log_prob).mean() + 0 * old.mean()


@pytest.mark.parametrize("loss", [without_minus, two_minuses, normalized_without_minus, distribution_without_minus])
def test_an_advantage_with_the_wrong_sign_is_named(loss: Loss) -> None:
    found = only("advantage-reversed", examined(loss))
    assert found.severity == "warning"
    assert found.message.endswith("what was better than expected becomes rarer.")


def of_gains(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    return -torch.max(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()


def of_losses(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    clipped = torch.clamp(ratio, 0.8, 1.2)
    return torch.minimum(-advantage * ratio, -advantage * clipped).mean()


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (of_gains, "takes the larger of two gains, expected the smaller: of_gains falls with it."),
        (of_losses, "takes the smaller of two losses, expected the larger: of_losses rises with it."),
    ],
)
def test_the_better_of_both_objectives_is_named(loss: Loss, message: str) -> None:
    found = examined(loss)
    assert signs(found) == {"clip-reversed"}
    assert only("clip-reversed", found).message.endswith(message)


def added_entropy(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    log_probs = logits.log_softmax(-1)
    entropy = -(log_probs.exp() * log_probs).sum(-1)
    ratio = (taken(logits, action) - old).exp()
    return (-ratio * advantage + 0.01 * entropy).mean()


def entropy_without_minus(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    log_probs = logits.log_softmax(-1)
    policy_entropy = (log_probs.exp() * log_probs).sum(-1).mean()
    ratio = (taken(logits, action) - old).exp()
    return -(ratio * advantage).mean() - 0.01 * policy_entropy


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (added_entropy, "added_entropy rises with `entropy` on line "),
        (entropy_without_minus, "entropy_without_minus falls with `policy_entropy` on line "),
    ],
)
def test_an_entropy_that_training_takes_away_is_named(loss: Loss, message: str) -> None:
    found = examined(loss)
    assert signs(found) == {"entropy-minimized"}
    assert only("entropy-minimized", found).message.startswith(message)


def paper(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    log_probs = logits.log_softmax(-1)
    entropy = -(log_probs.exp() * log_probs).sum(-1)
    ratio = (taken(logits, action) - old).exp()
    policy_loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
    return (policy_loss - 0.01 * entropy).mean()


def of_negated_gains(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    entropy_loss = torch.distributions.Categorical(logits=logits).entropy().mean()
    clipped = torch.clamp(ratio, 0.8, 1.2)
    return torch.max(-advantage * ratio, -advantage * clipped).mean() - 0.01 * entropy_loss


def entropy_as_a_loss(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    log_probs = logits.log_softmax(-1)
    entropy_loss = (log_probs.exp() * log_probs).sum(-1).mean()
    return -(taken(logits, action) * advantage).mean() + 0.01 * entropy_loss + 0 * old.mean()


def reinforce_by_cross_entropy(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    errors = torch.nn.functional.cross_entropy(logits, action, reduction="none")
    return (errors * advantage).mean() + 0 * old.mean()


def log_prob_by_cross_entropy(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    log_prob = -torch.nn.functional.cross_entropy(logits, action, reduction="none")
    return -(log_prob * advantage).mean() + 0 * old.mean()


def advantage_of_a_negation(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    regret = -advantage
    own_advantage = -regret
    return -(taken(logits, action) * own_advantage).mean() + 0 * old.mean()


def two_clips_of_which_one_is_logged(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    upper = torch.max(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).detach()
    return -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean() + 0 * upper.mean()


def minus_at_the_ratio(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    return (-ratio * advantage).mean()


def log_prob_of_a_distribution(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    distribution: Any = torch.distributions.Categorical(logits=logits)
    log_prob: Tensor = distribution.log_prob(action)
    return -(log_prob * advantage).mean() + 0 * old.mean()


def cross_entropy(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    cross_entropy = -taken(logits, action)
    return (cross_entropy * advantage.exp()).mean() + 0 * old.mean()


def negative_differential_entropy(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    narrow = torch.distributions.Normal(logits[:, 0], torch.sigmoid(logits[:, 1]) * 0.01 + 1e-4)
    entropy = narrow.entropy()
    return -(narrow.log_prob(old) * advantage * 1e-6 + 0.01 * entropy).mean() + 0 * action.sum()


@pytest.mark.parametrize(
    "loss",
    [
        *(paper, of_negated_gains, entropy_as_a_loss, cross_entropy, negative_differential_entropy),
        *(reinforce_by_cross_entropy, minus_at_the_ratio, log_prob_of_a_distribution, log_prob_by_cross_entropy),
        *(advantage_of_a_negation, two_clips_of_which_one_is_logged),
    ],
)
def test_right_signs_are_left_alone(loss: Loss) -> None:
    assert signs(examined(loss)) == set()


def of_a_cost(logits: Tensor, action: Tensor, old: Tensor, cost_advantage: Tensor) -> Tensor:
    ratio = (taken(logits, action) - old).exp()
    return (ratio * cost_advantage).mean()


def test_what_is_good_for_a_cost_is_to_become_rarer() -> None:
    assert signs(examined(of_a_cost, "cost_advantage")) == set()


def squares(logits: Tensor, action: Tensor, old: Tensor, advantage: Tensor) -> Tensor:
    return (taken(logits, action) - old - advantage).square().mean()


def test_what_is_not_there_was_not_checked() -> None:
    needs = {each.rule: each.needs for each in examined(squares).not_checked}
    assert needs["advantage-reversed"] == "a product of an advantage and a log-probability or ratio"
    assert needs["clip-reversed"] == "a minimum or maximum of a product and its clipped form"
    assert needs["entropy-minimized"] == "a value called entropy that a gradient reaches"
