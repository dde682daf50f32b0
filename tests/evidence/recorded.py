"""Recordings whose right answer is known: a table's world, and a cart that moves as its action pushes it."""

import torch
from torch import Generator, Tensor

from benchmarks.worlds import Walk, walk, world


def seeded(seed: int = 0) -> Generator:
    """Random numbers that are the same at each run."""
    return torch.Generator().manual_seed(seed)


def table(name: str, shape: tuple[int, int] = (16, 64), **how: float) -> dict[str, Tensor]:
    """Steps of a world with a table; each row holds the action and reward that led to it."""
    stream = walk(world(name), Walk(shape, **how), seeded())  # pyright: ignore[reportArgumentType]  # fields of Walk
    fields = {key: stream[key] for key in ("action", "reward", "done")}
    return {"obs": stream["obs_discrete"], **fields}


def cart(shape: tuple[int, int] = (8, 64), noise: float = 0.0) -> dict[str, Tensor]:
    """Position and speed; the push is -1, 0 or 1, the reward is minus the distance; a row holds what led to it."""
    rows, steps = shape
    state = torch.randn(rows, 2, generator=seeded(1), dtype=torch.float64)
    action = torch.randint(3, shape, generator=seeded(2))
    shown, reward = [state], [torch.zeros(rows, dtype=torch.float64)]
    for step in range(1, steps):
        push = action[:, step] - 1.0
        reward.append(-state[:, 0] + 0.5 * push)
        speed = 0.9 * state[:, 1] - 0.1 * state[:, 0] + 0.1 * push
        state = torch.stack([state[:, 0] + 0.1 * speed, speed], dim=1)
        state = state + noise * torch.randn(rows, 2, generator=seeded(step), dtype=torch.float64)
        shown.append(state)
    fields = {"action": action, "reward": torch.stack(reward, 1), "done": torch.zeros_like(action)}
    return {"obs": torch.stack(shown, 1), **fields}


def running(done: Tensor) -> Tensor:
    """Pairs of rows neither of which ends an episode."""
    return (done[:, :-1] == 0) & (done[:, 1:] == 0)
