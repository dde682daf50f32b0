"""Bugs of loss functions, planted: each takes a strength from 0 (nothing) to 1 (blatant), and gives batch and loss."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

SAMPLES = 256


class Planted(NamedTuple):
    """What the doctor is given."""

    batch: dict[str, Any]
    loss: Callable[..., Tensor]


FunctionPlant = Callable[[float], Planted]


def fields() -> dict[str, Any]:
    """Flat transitions with the outputs of a policy, a value and a target network on them."""
    generator = torch.Generator().manual_seed(0)
    normal = partial(torch.randn, generator=generator)
    logits = normal(SAMPLES, 4)
    action = torch.randint(4, (SAMPLES,), generator=generator)
    old = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1) + 0.05 * normal(SAMPLES)
    target = normal(SAMPLES)
    out = {"logits": logits, "value": target + 0.5 * normal(SAMPLES), "value_target": normal(SAMPLES)}
    return {
        "out": out, "action": action, "old_log_prob": old, "advantage": normal(SAMPLES), "target": target,
        "mask": torch.rand(SAMPLES, generator=generator) < 0.7, "unit": torch.rand(SAMPLES, generator=generator),
    }  # fmt: skip


def some(strength: float) -> Tensor:
    """True at this share of the samples."""
    return torch.arange(SAMPLES) < strength * SAMPLES


def loss_raises(strength: float) -> Planted:
    """Values and targets of different lengths are subtracted."""

    def value_loss(value: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        kept = value if strength == 0 else value[1:]
        return ((kept - target) ** 2 * mask).mean()

    return Planted(fields(), value_loss)


def silent_broadcast(strength: float) -> Planted:
    """The network's values are `[N, 1]`, the targets `[N]`."""

    def value_loss(value: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        values = value if strength == 0 else value[:, None]
        error = values - target
        return (error**2).mean() + 0 * mask.sum()

    return Planted(fields(), value_loss)


def term_not_finite(strength: float) -> Planted:
    """The logarithm of probabilities of which a share is 0."""
    batch = fields()
    batch["unit"] = batch["unit"].clamp_min(0.01).masked_fill(some(strength), 0)

    def weighted_loss(value: Tensor, unit: Tensor, mask: Tensor) -> Tensor:
        log_p = unit.log()
        return (value * log_p * mask).mean()

    return Planted(batch, weighted_loss)


def gradient_not_finite(strength: float) -> Planted:
    """A distance as a root, which is 0 at a share of the samples."""
    batch = fields()
    batch["target"] = torch.where(some(strength), batch["out"]["value"], batch["target"])

    def distance_loss(value: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        distance = ((value - target) ** 2).sqrt()
        return (distance * mask).mean()

    return Planted(batch, distance_loss)


def gradient_blocked(strength: float) -> Planted:
    """The value is detached where the target should be."""

    def value_loss(value: Tensor, value_target: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        goal = advantage + 0.9 * value_target.detach()
        error = value - goal if strength == 0 else value.detach() - goal
        return (error**2 * mask).mean()

    return Planted(fields(), value_loss)


def term_dead(strength: float) -> Planted:
    """The policy has moved far from the old one at a share of the samples, all of them beyond the clip."""
    batch = fields()
    batch["advantage"] = batch["advantage"].abs() + 0.1
    batch["old_log_prob"] = batch["old_log_prob"] - 2.0 * some(strength)

    def ppo_loss(  # noqa: PLR0913  a loss reads what it reads
        logits: Tensor, action: Tensor, old_log_prob: Tensor, advantage: Tensor, mask: Tensor, *, clip: float = 0.2
    ) -> Tensor:
        log_prob = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)
        ratio = (log_prob - old_log_prob).exp()
        clipped = ratio.clamp(1 - clip, 1 + clip)
        policy_loss = -torch.min(ratio * advantage, clipped * advantage)
        return policy_loss.mean() + 0 * mask.sum()

    return Planted(batch, ppo_loss)


def scale_mismatch(strength: float) -> Planted:
    """Returns of hundreds that nobody normalised, beside a policy loss."""
    batch = fields()
    batch["target"] = batch["target"] * 10 ** (4 * strength)

    def actor_critic_loss(  # noqa: PLR0913, PLR0917  a loss reads what it reads
        logits: Tensor, value: Tensor, action: Tensor, advantage: Tensor, target: Tensor, mask: Tensor
    ) -> Tensor:
        log_prob = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)
        policy_loss = -log_prob * advantage * mask
        value_loss = (value - target) ** 2 * mask
        return policy_loss.mean() + 0.5 * value_loss.mean()

    return Planted(batch, actor_critic_loss)


def softmax_misused(strength: float) -> Planted:
    """Probabilities over the samples in the place of the actions."""

    def policy_loss(logits: Tensor, action: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        log_probs = logits.log_softmax(-1 if strength == 0 else 0)
        log_prob = log_probs.gather(-1, action[:, None]).squeeze(-1)
        return -(log_prob * advantage * mask).mean()

    return Planted(fields(), policy_loss)


def index_as_number(strength: float) -> Planted:
    """The number of the best action in the place of its value."""

    def q_loss(logits: Tensor, action: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        best = logits.detach().max(-1)
        after = best.values if strength == 0 else best.indices
        taken = logits.gather(-1, action[:, None]).squeeze(-1)
        return ((taken - target - 0.9 * after) ** 2 * mask).mean()

    return Planted(fields(), q_loss)


def advantage_reversed(strength: float) -> Planted:
    """The minus before the policy's gain is missing."""

    def policy_loss(logits: Tensor, action: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        log_prob = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)
        gain = (log_prob * advantage * mask).mean()
        return -gain if strength == 0 else gain

    return Planted(fields(), policy_loss)


def clip_reversed(strength: float) -> Planted:
    """The larger of the clipped and the unclipped gain."""

    def ppo_loss(logits: Tensor, action: Tensor, old_log_prob: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        log_prob = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)
        ratio = (log_prob - old_log_prob).exp()
        choose = torch.min if strength == 0 else torch.max
        gain = choose(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
        return -(gain * mask).mean()

    return Planted(fields(), ppo_loss)


def entropy_minimized(strength: float) -> Planted:
    """The entropy bonus is added to the loss."""

    def policy_loss(logits: Tensor, action: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        log_probs = logits.log_softmax(-1)
        log_prob = log_probs.gather(-1, action[:, None]).squeeze(-1)
        entropy = -(log_probs.exp() * log_probs).sum(-1)
        bonus = 0.05 * entropy if strength == 0 else -0.05 * entropy
        return -((log_prob * advantage + bonus) * mask).mean()

    return Planted(fields(), policy_loss)


def double_q_swapped(strength: float) -> Planted:
    """The target network chooses the next action, and the online network values it."""
    batch = fields()
    generator = torch.Generator().manual_seed(1)
    nets = {name: torch.randn(SAMPLES, 4, generator=generator) for name in ("q", "q_next", "q_next_target")}
    batch["out"] |= nets

    def q_loss(  # noqa: PLR0913, PLR0917  a loss reads what it reads
        q: Tensor, q_next: Tensor, q_next_target: Tensor, action: Tensor, target: Tensor, mask: Tensor
    ) -> Tensor:
        chooses, values = (q_next, q_next_target) if strength == 0 else (q_next_target, q_next)
        after = values.detach().gather(-1, chooses.argmax(-1, keepdim=True)).squeeze(-1)
        taken = q.gather(-1, action[:, None]).squeeze(-1)
        return ((taken - target - 0.9 * after) ** 2 * mask).mean()

    return Planted(batch, q_loss)


def field_ignored(strength: float) -> Planted:
    """Importance weights that differ by up to the half, which nobody multiplies by."""
    batch = fields()
    batch["importance_weight"] = 1 - 0.5 * strength * batch["unit"]

    def value_loss(value: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        return ((value - target) ** 2 * mask).mean()

    return Planted(batch, value_loss)


def batch_changed(strength: float) -> Planted:
    """Targets are clipped in place, a share of them to another number."""
    batch = fields()
    batch["target"] = batch["target"].clamp(-1, 1) + 5 * some(strength)

    def value_loss(value: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        target.clamp_(-1, 1)
        return ((value - target) ** 2 * mask).mean()

    return Planted(batch, value_loss)


def mask_ignored(strength: float) -> Planted:
    """A share of the samples is padding, and the mask that says so is not read."""
    batch = fields()
    batch["mask"] = ~some(strength)

    def value_loss(value: Tensor, target: Tensor) -> Tensor:
        return ((value - target) ** 2).mean()

    return Planted(batch, value_loss)


def constant_term(strength: float) -> Planted:
    """The old log-probabilities are those of the policy itself at a share of the samples: no update lies between."""
    batch = fields()
    now = batch["out"]["logits"].log_softmax(-1).gather(-1, batch["action"][:, None]).squeeze(-1)
    batch["old_log_prob"] = torch.where(some(strength), now, batch["old_log_prob"])

    def policy_loss(logits: Tensor, action: Tensor, old_log_prob: Tensor, advantage: Tensor, mask: Tensor) -> Tensor:
        log_prob = logits.log_softmax(-1).gather(-1, action[:, None]).squeeze(-1)
        ratio = (log_prob - old_log_prob).exp()
        return -(ratio * advantage * mask).mean()

    return Planted(batch, policy_loss)


FUNCTION_PLANTS: dict[str, FunctionPlant] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        loss_raises, silent_broadcast, term_not_finite, gradient_not_finite, gradient_blocked, softmax_misused,
        index_as_number, advantage_reversed, clip_reversed, entropy_minimized, double_q_swapped,
        term_dead, scale_mismatch, mask_ignored, field_ignored, batch_changed, constant_term,
    )
}  # fmt: skip
"""A plant for each rule for any function."""
