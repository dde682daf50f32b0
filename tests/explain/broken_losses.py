"""The example losses with the bugs that are made most often: each runs, and says nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


def critic_of_pairs(q1: Tensor, q1_target_next: Tensor, reward: Tensor, done: Tensor, *, gamma: float = 0.99) -> Tensor:
    """Values come from the network as [N, 1], targets are [N]: their difference has a value per pair, [N, N]."""
    q = q1.reshape(-1, 1)
    with torch.no_grad():
        target = reward + gamma * torch.where(done == 1, 0, q1_target_next)
        target = target.flatten()
    td_error = target - q
    return (td_error**2).mean()


def quantiles_of_pairs(
    quantiles: Tensor,
    quantiles_target_next: Tensor,
    action: Tensor,
    reward: Tensor,
    done: Tensor,
    *,
    gamma: float = 0.99,
) -> Tensor:
    """The dimension that was gathered stays, so [N, 1, Q] meets [N, Q]: [N, N, Q]."""
    quantiles, quantiles_target_next = (
        each.reshape(-1, *each.shape[-2:]) for each in (quantiles, quantiles_target_next)
    )
    count = quantiles.shape[-1]
    quantile = quantiles.gather(-2, action.reshape(-1, 1, 1).expand(-1, 1, count))
    with torch.no_grad():
        best = quantiles_target_next.mean(dim=-1).argmax(dim=-1)
        quantile_next = quantiles_target_next[torch.arange(len(best)), best]
        target = reward.reshape(-1, 1) + gamma * torch.where(done.reshape(-1, 1) == 1, 0, quantile_next)
    td_error = target - quantile
    level = (torch.arange(count, dtype=quantiles.dtype) + 0.5) / count
    return ((level - (td_error < 0).to(level.dtype)).abs() * td_error.abs()).mean()


def critic_with_gradient_in_target(
    q1: Tensor, q2: Tensor, q1_target_next: Tensor, q2_target_next: Tensor, reward: Tensor, done: Tensor,
    *, gamma: float = 0.99,
) -> Tensor:  # fmt: skip
    """The target is neither detached nor made without gradient, so the loss also moves the target towards the value."""
    q_next = torch.min(q1_target_next, q2_target_next)
    target = reward + gamma * torch.where(done == 1, 0, q_next)
    return ((target - q1) ** 2 + (target - q2) ** 2).mean()


def double_dqn_with_gradient_in_target(
    q: Tensor, q_target: Tensor, action: Tensor, reward: Tensor, done: Tensor, *, gamma: float = 0.99
) -> Tensor:
    """The same in Double DQN."""
    value = q_target.gather(-1, q.argmax(dim=-1, keepdim=True)).squeeze(-1)[:, 1:]
    target = reward[:, 1:] + gamma * torch.where(done[:, 1:] == 1, 0, value)
    q_taken = q[:, :-1].gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    td_error = target - q_taken
    return (td_error**2).mean()


def entropy_of_zero(logits: Tensor, *, temperature: float = 0.001) -> Tensor:
    """Cold probabilities round to 0: ``log`` makes -inf of one, and 0 * -inf is NaN."""
    probability = (logits / temperature).softmax(dim=-1)
    log_probability = probability.log()
    entropy = -(probability * log_probability).sum(dim=-1)
    return -entropy.mean()


def root_of_zero(value: Tensor, old_value: Tensor) -> Tensor:
    """A root is vertical at 0, so a mask of factors 0 gives a finite loss and a gradient of 0 / 0."""
    change = (value - old_value) * (value > old_value)
    distance = (change**2).sqrt()
    return distance.mean()


def ppo_of_detached_policy(
    logits: Tensor,
    value: Tensor,
    action: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    returns: Tensor,
    *,
    clip: float = 0.2,
) -> Tensor:
    """The new log-probability is detached as if it were the old one: only the value learns."""
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob.detach() - old_log_prob[:, 1:]).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    policy_loss = -torch.min(ratio * advantage[:, 1:], clipped * advantage[:, 1:])
    value_loss = (value[:, :-1] - returns[:, 1:]) ** 2
    loss = policy_loss + value_loss
    return loss.mean()


def grpo_without_mask(
    logits: Tensor, token: Tensor, old_log_prob: Tensor, reward: Tensor, *, group_size: int = 8, clip: float = 0.2
) -> Tensor:
    """Prompts and padding are trained as if the model had said them: `token_mask` is never read."""
    log_prob = logits[:, :-1].log_softmax(dim=-1).gather(-1, token[:, 1:].unsqueeze(-1)).squeeze(-1)
    score = reward.sum(dim=1).view(-1, group_size)
    advantage = ((score - score.mean(dim=1, keepdim=True)) / (score.std(dim=1, keepdim=True) + 1e-4)).view(-1, 1)
    ratio = (log_prob - old_log_prob[:, 1:]).exp()
    policy_loss = -torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    return policy_loss.mean()


def ppo_of_values(
    logits: Tensor,
    value: Tensor,
    action: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    returns: Tensor,
    *,
    clip: float = 0.2,
    value_coef: float = 1e4,
) -> Tensor:
    """The value loss is ten thousand times the policy loss: the shared network learns values alone."""
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob - old_log_prob[:, 1:]).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    policy_loss = -torch.min(ratio * advantage[:, 1:], clipped * advantage[:, 1:])
    value_loss = value_coef * (value[:, :-1] - returns[:, 1:]) ** 2
    loss = policy_loss + value_loss
    return loss.mean()


def ppo_clipped_to_nothing(
    logits: Tensor, action: Tensor, old_log_prob: Tensor, advantage: Tensor, *, clip: float = 0.0
) -> Tensor:
    """A range of 0 clips every ratio that is not exactly 1, and without the minimum nothing else has a gradient."""
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob - old_log_prob[:, 1:]).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    policy_loss = -clipped * advantage[:, 1:]
    return policy_loss.mean()


@dataclass(frozen=True)
class BrokenLoss:
    """A function with the batch that shows its bug."""

    function: Callable[..., Tensor]
    batch: str
    """Name of a saved batch of the examples."""
    rule: str
    """What finds it."""


BROKEN_LOSSES = (
    BrokenLoss(critic_of_pairs, "sac_critic", "silent-broadcast"),
    BrokenLoss(quantiles_of_pairs, "qr_dqn", "silent-broadcast"),
    BrokenLoss(critic_with_gradient_in_target, "sac_critic", "gradient-blocked"),
    BrokenLoss(double_dqn_with_gradient_in_target, "double_dqn_huber_nstep", "gradient-blocked"),
    BrokenLoss(entropy_of_zero, "ppo_clip", "term-not-finite"),
    BrokenLoss(root_of_zero, "ppo_clip", "gradient-not-finite"),
    BrokenLoss(ppo_of_detached_policy, "ppo_clip", "gradient-blocked"),
    BrokenLoss(grpo_without_mask, "grpo", "mask-ignored"),
    BrokenLoss(ppo_of_values, "ppo_clip", "scale-mismatch"),
    BrokenLoss(ppo_clipped_to_nothing, "ppo_clip", "term-dead"),
)
