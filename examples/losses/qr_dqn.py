"""Quantile regression DQN, on transitions from a replay buffer."""

import torch
from torch import Tensor


def qr_dqn_loss(
    quantiles: Tensor,
    quantiles_target_next: Tensor,
    action: Tensor,
    reward: Tensor,
    done: Tensor,
    *,
    gamma: float = 0.99,
    kappa: float = 1.0,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Quantile Huber loss between every quantile of the taken action and every quantile of its target.

    Args:
        gamma: Discount per step.
        kappa: Absolute TD error above which the loss is linear; at 0 the loss is the plain quantile loss.
    """
    count = quantiles.shape[-1]
    level = (torch.arange(count, dtype=quantiles.dtype, device=quantiles.device) + 0.5) / count
    taken = action[..., None, None].expand(*action.shape, 1, count)
    quantile = quantiles.gather(-2, taken).squeeze(-2)
    with torch.no_grad():
        greedy = quantiles_target_next.mean(dim=-1).argmax(dim=-1)  # by the mean of the return
        best = greedy[..., None, None].expand(*greedy.shape, 1, count)
        quantile_next = quantiles_target_next.gather(-2, best).squeeze(-2)
        terminal = (done == 1).unsqueeze(-1)  # nothing follows
        target = reward.unsqueeze(-1) + gamma * torch.where(terminal, 0, quantile_next)
    td_error = target.unsqueeze(-2) - quantile.unsqueeze(-1)  # own quantile by target quantile
    size = td_error.abs()
    huber = torch.where(size <= kappa, 0.5 * td_error**2 / kappa, size - 0.5 * kappa) if kappa > 0 else size
    weight = (level.unsqueeze(-1) - (td_error < 0).to(level.dtype)).abs()
    loss = (weight * huber).mean(dim=-1).sum(dim=-1)  # mean over the target's quantiles, sum over the own ones
    return loss.mean(), {"q_taken": quantile.detach().mean(), "q_target": target.mean()}
