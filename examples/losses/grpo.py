"""GRPO for a language model: advantages within a group of completions of one prompt, a token mask, a KL penalty."""

from typing import Literal

import torch
from torch import Tensor


def grpo_loss(
    logits: Tensor,
    token: Tensor,
    token_mask: Tensor,
    old_log_prob: Tensor,
    ref_log_prob: Tensor,
    reward: Tensor,
    group: Tensor,
    *,
    clip_low: float = 0.2,
    clip_high: float = 0.2,
    kl_coef: float = 0.04,
    scale_rewards: bool = True,
    average: Literal["sequence", "token"] = "sequence",
) -> tuple[Tensor, dict[str, Tensor]]:
    """Clipped surrogate objective per token; the advantage of a completion is its reward against that of its group.

    Args:
        clip_low: Distance below 1 at which the policy ratio is clipped.
        clip_high: Distance above 1 at which the policy ratio is clipped.
        kl_coef: Weight of the KL divergence from the reference model.
        scale_rewards: Divide the advantages of a group by the standard deviation of its rewards.
        average: Weigh every completion equally (GRPO), or every token (DAPO).
    """
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, token[:, 1:].unsqueeze(-1)).squeeze(-1)
    mask = token_mask[:, 1:]
    advantage = group_advantage(reward.sum(dim=1), group[:, 0], scale_rewards).unsqueeze(1)
    ratio = (log_prob - old_log_prob[:, 1:]).exp()
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
    policy_loss = -torch.min(ratio * advantage, clipped * advantage)
    log_ratio_ref = ref_log_prob[:, 1:] - log_prob
    kl = log_ratio_ref.exp() - log_ratio_ref - 1  # never negative, unbiased
    token_loss = torch.where(mask, policy_loss + kl_coef * kl, 0)
    length = mask.sum(dim=1, keepdim=True).clamp(min=1)
    loss = (token_loss / length).sum(dim=1).mean() if average == "sequence" else token_loss.sum() / mask.sum()
    return loss, {"reward": reward.sum(dim=1).mean(), "kl": kl[mask].detach().mean()}


def group_advantage(reward: Tensor, group: Tensor, scale_rewards: bool) -> Tensor:
    """Reward of a completion minus the mean of its group, in standard deviations of the group."""
    count = group.bincount().clamp(min=1)
    mean = torch.zeros_like(count, dtype=reward.dtype).index_add(0, group, reward) / count
    advantage = reward - mean[group]
    if scale_rewards:
        variance = torch.zeros_like(mean).index_add(0, group, advantage**2) / (count - 1).clamp(min=1)
        advantage = advantage / (variance.sqrt()[group] + 1e-4)
    return advantage
