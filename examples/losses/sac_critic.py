"""The critic loss of soft actor-critic, on transitions from a replay buffer."""

import torch
from torch import Tensor


def sac_critic_loss(
    q1: Tensor,
    q2: Tensor,
    q1_target_next: Tensor,
    q2_target_next: Tensor,
    log_prob_next: Tensor,
    reward: Tensor,
    done: Tensor,
    *,
    gamma: float = 0.99,
    alpha: float = 0.2,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Squared error of both critics against the smaller target critic with its entropy bonus.

    Args:
        gamma: Discount per step.
        alpha: Temperature: the weight of the policy's entropy against the reward.
    """
    with torch.no_grad():
        q_next = torch.min(q1_target_next, q2_target_next)
        soft_value_next = q_next - alpha * log_prob_next
        target = reward + gamma * torch.where(done == 1, 0, soft_value_next)  # nothing follows a terminal state
    td_error1 = target - q1
    td_error2 = target - q2
    loss = td_error1**2 + td_error2**2
    return loss.mean(), {"q1": q1.detach().mean(), "q2": q2.detach().mean(), "target": target.mean()}
