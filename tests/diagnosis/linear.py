"""A world of numbers with noise, and an agent that acts in it with numbers or with indices."""

from typing import Any, cast

import torch
from tensordict import TensorDict
from torch import Tensor

LIMIT = 40


def linear(
    shape: tuple[int, int] = (16, 64),
    *,
    noise: float = 0.0,
    numbers: bool = True,
    feedback: float = 0.0,
    seed: int = 0,
    steps: int = LIMIT,
) -> Any:
    """Sequences of ``x' = A x + B a + noise``, cut every `steps` steps, with the reset in the row of the end.

    Row t holds what led to its observation. Where the agent acts by an index, it is one of three pushes; `feedback` is
    how much it pushes back.
    """
    generator = torch.Generator().manual_seed(seed)
    world = torch.Generator().manual_seed(7)
    turn, push = (cast("Tensor", torch.linalg.qr(torch.randn(3, 3, generator=world)).Q) for _ in range(2))
    at = torch.randint(steps, (shape[0],), generator=generator)
    x = torch.randn(shape[0], 3, generator=generator)
    rows: list[tuple[Tensor, ...]] = []
    for _ in range(shape[1]):
        wish = torch.randn(shape[0], 3, generator=generator) - feedback * x @ turn @ push.T
        action = wish if numbers else wish.argmax(dim=1)
        force = wish if numbers else torch.eye(3)[action]
        x = 0.9 * x @ turn + 1.2 * force @ push + noise * torch.randn(shape[0], 3, generator=generator)
        at = at + 1
        reward, end = -x.square().sum(dim=1), at == steps
        x = torch.where(end.unsqueeze(1), 0.1 * torch.randn(shape[0], 3, generator=generator), x)
        at = torch.where(end, 0, at)
        rows.append((x, action, reward, 2 * end.long()))
    names = ("obs", "action", "reward", "done")
    fields = {name: torch.stack(each, dim=1) for name, each in zip(names, zip(*rows, strict=True), strict=True)}
    return TensorDict(fields, batch_size=list(shape))


def moved(batch: Any, by: int, *names: str) -> Any:
    """The same with these fields so many rows later; those of the rows at the edges come from the other end."""
    return batch.clone().update({name: batch[name].roll(by, 1) for name in names})
