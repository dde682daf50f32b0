"""Right losses as they are written everywhere, on a batch that does not say which of its fields the model put out."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mouse.diagnosis import FUNCTION_RULES
from tests.diagnosis.functions.calls import COUNT, normal, report

Categorical: Any = torch.distributions.Categorical
Normal: Any = torch.distributions.Normal
NAMES = ("advantages", "returns", "values", "new_values", "q1", "v", "rewards", "log_alpha", "logp")
WIDE = {"logits": 4, "q": 4, "next_q": 4, "target_q": 4, "mean": 2, "action_pred": 2, "cont_actions": 2}


def fields() -> dict[str, Tensor]:
    made = {name: normal(seed) for seed, name in enumerate(NAMES)}
    made |= {name: normal(20 + seed, COUNT, width) for seed, (name, width) in enumerate(WIDE.items())}
    return made | {
        "actions": torch.arange(COUNT) % 4, "dones": torch.zeros(COUNT), "old_log_probs": -1.4 + 0.1 * normal(40),
    }  # fmt: skip


def ppo(  # noqa: PLR0917  a loss reads what it reads
    logits: Tensor,
    actions: Tensor,
    old_log_probs: Tensor,
    advantages: Tensor,
    returns: Tensor,
    values: Tensor,
    new_values: Tensor,
) -> Tensor:
    dist = Categorical(logits=logits)
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    policy_loss = torch.max(-adv * ratio, -adv * torch.clamp(ratio, 0.8, 1.2)).mean()
    near = values + torch.clamp(new_values - values, -0.2, 0.2)
    value_loss = 0.5 * torch.max((new_values - returns) ** 2, (near - returns) ** 2).mean()
    return policy_loss - 0.01 * dist.entropy().mean() + 0.5 * value_loss


def temperature(log_alpha: Tensor, logp: Tensor) -> Tensor:
    return -(log_alpha * (logp + 2).detach()).mean()


def double_dqn(q: Tensor, next_q: Tensor, target_q: Tensor, actions: Tensor, rewards: Tensor, dones: Tensor) -> Tensor:  # noqa: PLR0917
    with torch.no_grad():
        after = target_q.gather(1, next_q.argmax(1, keepdim=True)).squeeze(1)
        target = rewards + 0.99 * (1 - dones) * after
    return functional.mse_loss(q.gather(1, actions[:, None]).squeeze(1), target)


def expectile(q1: Tensor, v: Tensor) -> Tensor:
    error = q1.detach() - v
    return ((0.7 - (error < 0).float()).abs() * error**2).mean()


def weighted_regression(mean: Tensor, cont_actions: Tensor, advantages: Tensor) -> Tensor:
    weight = (advantages / 0.5).exp().clamp(max=20).detach()
    return -(Normal(mean, 1.0).log_prob(cont_actions).sum(-1) * weight).mean()


def cloning(action_pred: Tensor, cont_actions: Tensor) -> Tensor:
    return functional.mse_loss(action_pred, cont_actions.detach())


def distillation(logits: Tensor, target_q: Tensor) -> Tensor:
    teacher = functional.softmax(target_q, -1)
    return functional.kl_div(functional.log_softmax(logits, -1), teacher, reduction="batchmean")


def conservative(q: Tensor, actions: Tensor) -> Tensor:
    return (q.logsumexp(1) - q.gather(1, actions[:, None]).squeeze(1)).mean()


def off_policy(logits: Tensor, actions: Tensor, old_log_probs: Tensor, advantages: Tensor) -> Tensor:
    log_prob = functional.log_softmax(logits, -1).gather(1, actions[:, None]).squeeze(1)
    rho = (log_prob.detach() - old_log_probs).exp().clamp(max=1.0)
    return -(rho * log_prob * advantages).mean()


def weighted_cross_entropy(logits: Tensor, actions: Tensor, advantages: Tensor) -> Tensor:
    return (functional.cross_entropy(logits, actions, reduction="none") * advantages).mean()


@pytest.mark.parametrize(
    "loss",
    [
        *(ppo, temperature, double_dqn, expectile, weighted_regression, cloning, distillation, conservative),
        *(off_policy, weighted_cross_entropy),
    ],
)
def test_a_right_loss_gets_no_error_and_no_warning(loss: Callable[..., Tensor]) -> None:
    found = report(loss, **fields())
    assert [each.message for each in found.at_least("warning") if each.rule in FUNCTION_RULES] == []
    assert "gradient-blocked" in found.checked
