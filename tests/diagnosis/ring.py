"""A ring of cells whose steps slip: an agent wants to go left, right or stay, and lands beside it now and then."""

from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

CELLS = 9
LIMIT = 30


def ring(
    shape: tuple[int, int] = (16, 64), *, slip: float = 0.5, answers: float = 0.0, again: float = 0.0, seed: int = 0
) -> Any:
    """Sequences of episodes that are cut, with the reset in the row of the end. Row t holds what led to its cell.

    `answers` is the share of the actions that the cell alone decides, `again` of those that repeat the one before.
    """
    generator = torch.Generator().manual_seed(seed)
    count, length = shape

    def some(share: float) -> Tensor:
        return torch.rand(count, generator=generator) < share

    def moves() -> Tensor:
        return torch.randint(3, (count,), generator=generator)

    cell, action, rows = torch.zeros(count, dtype=torch.int64), moves(), list[tuple[Tensor, ...]]()
    at = torch.randint(LIMIT, (count,), generator=generator)
    for _ in range(length):
        action = torch.where(some(again), action, torch.where(some(answers), cell % 3, moves()))
        cell = (cell + torch.where(some(slip), moves(), action) - 1) % CELLS
        reward = (cell == 0).float()
        at = at + 1
        end = at == LIMIT
        cell, at = torch.where(end, 0, cell), torch.where(end, 0, at)
        rows.append((cell, action, reward, 2 * end.long()))
    names = ("obs", "action", "reward", "done")
    fields = {name: torch.stack(each, dim=1) for name, each in zip(names, zip(*rows, strict=True), strict=True)}
    return TensorDict(fields, batch_size=list(shape))
