"""Double DQN with n-step returns, a Huber loss and prioritized replay, on sequences."""

import torch
from torch import Tensor


def double_dqn_loss(
    q: Tensor,
    q_target: Tensor,
    action: Tensor,
    reward: Tensor,
    done: Tensor,
    sampling_probability: Tensor,
    *,
    gamma: float = 0.99,
    n_step: int = 3,
    huber_delta: float = 1.0,
    beta: float = 0.4,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Huber loss of the n-step TD error; the online network chooses the next action, the target network values it.

    Args:
        gamma: Discount per step.
        n_step: Number of rewards that are summed before the target bootstraps.
        huber_delta: Absolute TD error above which the loss is linear.
        beta: Exponent of the importance weights: 0 ignores the sampling bias, 1 corrects it in full.
    """
    with torch.no_grad():
        greedy = q.argmax(dim=-1, keepdim=True)  # chosen by the online network
        value = q_target.gather(-1, greedy).squeeze(-1)  # valued by the target network
        target = n_step_return(reward[:, 1:], done[:, 1:], value[:, 1:], gamma, n_step)
    q_taken = q[:, :-1].gather(-1, action[:, 1:].unsqueeze(-1)).squeeze(-1)
    td_error = target - q_taken
    size = td_error.abs()
    huber = torch.where(size <= huber_delta, 0.5 * td_error**2, huber_delta * (size - 0.5 * huber_delta))
    weight = sampling_probability[:, 1:] ** -beta
    weight = weight / weight.max()  # importance weight, at most 1
    weighted = weight * huber
    running = done[:, :-1] == 0  # a step that ends an episode is followed by a reset, which is no transition
    loss = weighted[running].mean()
    return loss, {"td_error_abs": size[running].detach().mean(), "q_taken": q_taken[running].detach().mean()}


def n_step_return(reward: Tensor, done: Tensor, value: Tensor, gamma: float, n_step: int) -> Tensor:
    """Sum of up to n discounted rewards and the value after them; shorter where the episode or the sequence ends."""
    terminal = done == 1  # nothing follows
    target = reward + gamma * torch.where(terminal, 0, value)
    for _ in range(n_step - 1):
        later = torch.cat([target[:, 1:], value[:, -1:]], dim=1)
        later = torch.where(done == 2, value, later)  # a truncated episode bootstraps from its last state
        target = reward + gamma * torch.where(terminal, 0, later)
    return target
