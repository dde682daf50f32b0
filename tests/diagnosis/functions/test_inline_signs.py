"""What stands in a loss without a variable of its own is judged as what has one: each loss with the wrong sign and the
right one, in a batch that marks the model's output and in one that does not.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import COUNT, normal, only, report, rules_of
from tests.diagnosis.functions.test_policy_signs import ACTION, RULES, taken

Categorical: Any = torch.distributions.Categorical
Normal: Any = torch.distributions.Normal
Loss = Callable[..., Tensor]
RIGHT, WRONG = 1.0, -1.0


def examined(make: Callable[[float], Loss], sign: float, *, flat: bool) -> Report:
    logits = normal(0, COUNT, 4)
    fields = {"action": ACTION, "old": taken(logits, ACTION) + 0.2 * normal(1), "advantages": normal(2)}
    fields |= {"mask": torch.rand(COUNT, generator=torch.Generator().manual_seed(3)) < 0.7, "target": normal(4)}
    return report(make(sign), **({"logits": logits} if flat else {"out": {"logits": logits}}), **fields)


def log_prob_of(logits: Tensor, action: Tensor) -> Tensor:
    return Categorical(logits=logits).log_prob(action) / 1.0


def spread_of(logits: Tensor) -> Tensor:
    return -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1)


class Policy:
    def __init__(self, logits: Tensor) -> None:
        self.logits = logits

    def get_entropy(self) -> Tensor:
        return -(self.logits.softmax(-1) * self.logits.log_softmax(-1)).sum(-1)


def of_a_distribution(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return -sign * (Categorical(logits=logits).log_prob(action) * advantages).mean()

    return loss


def of_a_mean(sign: float) -> Loss:
    def loss(logits: Tensor, target: Tensor, advantages: Tensor) -> Tensor:
        dist = Normal(logits[:, 0], 1.0)
        return -(sign * advantages * dist.log_prob(target)).mean()

    return loss


def of_several_actions(sign: float) -> Loss:
    def loss(logits: Tensor, target: Tensor, advantages: Tensor) -> Tensor:
        return -sign * (advantages * Normal(logits, 1.0).log_prob(target[:, None]).sum(-1)).mean()

    return loss


def of_a_variable_of_another_name(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        lp = Categorical(logits=logits).log_prob(action)
        return -sign * (lp * advantages).mean()

    return loss


def of_a_function(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return -sign * (log_prob_of(logits, action) * advantages).mean()

    return loss


def of_a_ratio(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, old: Tensor, advantages: Tensor) -> Tensor:
        return -sign * (torch.exp(Categorical(logits=logits).log_prob(action) - old) * advantages).mean()

    return loss


def of_a_quotient(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, old: Tensor, advantages: Tensor) -> Tensor:
        return -sign * (logits.softmax(-1).gather(-1, action[:, None]).squeeze(-1) / old.exp() * advantages).mean()

    return loss


def of_cross_entropy(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return sign * (functional.cross_entropy(logits, action, reduction="none") * advantages).mean()

    return loss


def of_normalised_advantages(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        lp = Categorical(logits=logits).log_prob(action)
        return (((advantages.mean() - advantages) / (advantages.std() + 1e-8)) * (sign * lp)).mean()

    return loss


def of_masked_advantages(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
        return ((-sign * mask * advantages) * Categorical(logits=logits).log_prob(action)).mean()

    return loss


def of_masked_log_prob(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor, mask: Tensor) -> Tensor:
        return -sign * ((taken(logits, action) * mask) * advantages).sum() / mask.sum()

    return loss


def of_batch(sign: float) -> Loss:
    def loss(batch: dict[str, Tensor]) -> Tensor:
        log_prob = Categorical(logits=batch["logits"]).log_prob(batch["action"])
        return -sign * (log_prob[1:] * batch["advantages"][1:]).mean()

    return loss


ADVANTAGES = (
    *(of_a_distribution, of_a_mean, of_several_actions, of_a_variable_of_another_name, of_a_function, of_a_ratio),
    *(of_a_quotient, of_cross_entropy, of_normalised_advantages, of_masked_advantages, of_masked_log_prob, of_batch),
)


def policy_loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
    return -(taken(logits, action) * advantages).mean()


def entropy_of_a_distribution(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        dist = Categorical(logits=logits)
        return -(dist.log_prob(action) * advantages).mean() - sign * 0.05 * dist.entropy().mean()

    return loss


def entropy_of_several_actions(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        scale = functional.softplus(logits)
        return policy_loss(logits, action, advantages) - sign * 0.05 * torch.mean(Normal(0.0, scale).entropy().sum(-1))

    return loss


def entropy_of_a_method(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        return policy_loss(logits, action, advantages) - sign * 0.05 * Policy(logits).get_entropy().mean()

    return loss


def entropy_by_another_name(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        bonus = Categorical(logits=logits).entropy().mean()
        return policy_loss(logits, action, advantages) - sign * 0.05 * bonus

    return loss


def entropy_of_minus(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, advantages: Tensor) -> Tensor:
        neg_entropy = -Categorical(logits=logits).entropy().mean()
        return policy_loss(logits, action, advantages) + sign * 0.05 * neg_entropy

    return loss


ENTROPIES = (
    *(entropy_of_a_distribution, entropy_of_several_actions, entropy_of_a_method),
    *(entropy_by_another_name, entropy_of_minus),
)


def clip_of_a_ratio_written_twice(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, old: Tensor, advantages: Tensor) -> Tensor:
        choose = torch.min if sign == RIGHT else torch.max
        dist = Categorical(logits=logits)
        return -choose(
            torch.exp(dist.log_prob(action) - old) * advantages,
            torch.exp(dist.log_prob(action) - old).clamp(0.8, 1.2) * advantages,
        ).mean()

    return loss


def clip_of_advantages_written_twice(sign: float) -> Loss:
    def loss(logits: Tensor, action: Tensor, old: Tensor, advantages: Tensor) -> Tensor:
        choose = torch.max if sign == RIGHT else torch.min
        ratio = (taken(logits, action) - old).exp()
        return choose(
            -(advantages - advantages.mean()) * ratio, -(advantages - advantages.mean()) * torch.clamp(ratio, 0.8, 1.2)
        ).mean()

    return loss


CLIPS = (clip_of_a_ratio_written_twice, clip_of_advantages_written_twice)
CASES = [
    *((make, "advantage-reversed") for make in ADVANTAGES),
    *((make, "entropy-minimized") for make in ENTROPIES),
    *((make, "clip-reversed") for make in CLIPS),
]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(("make", "rule"), CASES)
def test_the_wrong_sign_is_named_and_the_right_one_was_looked_at(
    make: Callable[[float], Loss], rule: str, flat: bool
) -> None:
    wrong, right = (examined(make, sign, flat=flat) for sign in (WRONG, RIGHT))
    assert RULES & set(rules_of(wrong)) == {rule}
    assert RULES & set(rules_of(right)) == set()
    assert rule in right.checked


def test_the_finding_shows_the_expression() -> None:
    found = only("entropy-minimized", examined(entropy_of_a_distribution, WRONG, flat=True))
    assert found.message.startswith("loss rises with `dist.entropy()` on line ")


@pytest.mark.parametrize("sign", [RIGHT, WRONG])
def test_an_entropy_that_the_model_put_out_is_one(sign: float) -> None:
    def loss(entropy: Tensor, logp: Tensor, advantages: Tensor) -> Tensor:
        return -(logp * advantages + sign * 0.01 * entropy).mean()

    fields = {"entropy": normal(0).abs(), "logp": normal(1), "advantages": normal(2)}
    found = report(loss, **fields)
    assert ("entropy-minimized" in rules_of(found)) == (sign == WRONG)
    if sign == WRONG:
        assert only("entropy-minimized", found).message == (
            "loss rises with `entropy`, and training makes the loss smaller."
        )
