"""PPO with a clipped policy ratio, a clipped value loss and an entropy bonus, on sequences."""

import torch
from torch import Tensor


def ppo_loss(
    logits: Tensor,
    value: Tensor,
    old_value: Tensor,
    action: Tensor,
    old_log_prob: Tensor,
    advantage: Tensor,
    returns: Tensor,
    done: Tensor,
    *,
    clip: float = 0.2,
    clip_value: bool = True,
    value_coef: float = 0.5,
    entropy_coef: float = 0.01,
    normalize_advantage: bool = True,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Clipped surrogate objective; advantages and returns were computed when the rollout ended.

    Args:
        clip: Distance from 1 at which the policy ratio is clipped.
        clip_value: Clip the change of the value to the same distance.
        value_coef: Weight of the value loss.
        entropy_coef: Weight of the entropy bonus.
        normalize_advantage: Give the advantages of the batch mean 0 and standard deviation 1.
    """
    running = done[:, :-1] == 0  # a step that ends an episode is followed by a reset, which is no transition
    log_probs = logits[:, :-1].log_softmax(dim=-1)
    log_prob = log_probs.gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    ratio = (log_prob - old_log_prob[:, 1:]).exp()
    advantage, returns, value, old_value = advantage[:, 1:], returns[:, 1:], value[:, :-1], old_value[:, :-1]
    if normalize_advantage:
        advantage = (advantage - advantage[running].mean()) / (advantage[running].std() + 1e-8)
    clipped = ratio.clamp(1 - clip, 1 + clip)
    policy_loss = -torch.min(ratio * advantage, clipped * advantage)
    near = old_value + (value - old_value).clamp(-clip, clip) if clip_value else value
    value_loss = 0.5 * torch.max((value - returns) ** 2, (near - returns) ** 2)
    entropy = -(log_probs.exp() * log_probs).sum(dim=-1)
    loss = policy_loss + value_coef * value_loss - entropy_coef * entropy
    clip_share = (clipped != ratio)[running].to(loss.dtype).mean()
    return loss[running].mean(), {"clip_share": clip_share, "entropy": entropy[running].detach().mean()}
