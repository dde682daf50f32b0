"""Batches whose every value tells its sequence."""

import torch
from tensordict import TensorDict


def numbered(rows: int = 6, steps: int = 3) -> tuple[TensorDict, TensorDict]:
    """Value of each field: the number of its row."""
    row = torch.arange(rows).view(-1, 1).expand(rows, steps)
    step_stream = TensorDict({"action": row.clone(), "reward": row.float()}, batch_size=[rows, steps])
    head = row.float().unsqueeze(-1).repeat(1, 1, 2)
    return step_stream, TensorDict({"dqn": head, "dqn_target": head.clone()}, batch_size=[rows, steps])


NBYTES = 6 * 3 * (8 + 4 + 2 * 4 + 2 * 4)
"""Of the default batch: action, reward, two heads of two actions."""
