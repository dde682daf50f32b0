"""Shards as a data set has them: steps of small worlds, with values that a model could have given."""

from pathlib import Path
from typing import cast

import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict

from mouse.batch import save_batch

ACTIONS = 3


def batch(seed: int, sequences: int = 45, steps: int = 20) -> tuple[TensorDict, TensorDict]:
    """A walk along a line whose reward is how far an action leads, with ends at random, and values near the truth."""
    made = torch.Generator().manual_seed(seed)
    shape = (sequences, steps)
    action = torch.randint(ACTIONS, shape, generator=made)
    move = action - 1 + 0.1 * torch.randn(shape, generator=made)
    done = torch.where(torch.rand(shape, generator=made) < 0.06, torch.randint(1, 3, shape, generator=made), 0)
    values = torch.randn(*shape, ACTIONS, generator=made)
    step_stream = {"action": action, "reward": move, "done": done, "observation": move.cumsum(1).unsqueeze(-1)}
    out = {"dqn": values, "dqn_target": values + 0.1 * torch.randn(values.shape, generator=made)}
    return TensorDict(step_stream, shape), TensorDict(out, shape)


def write(folder: Path, count: int) -> list[Path]:
    """Write batches of different seeds."""
    paths = [folder / f"{seed:02}.safetensors" for seed in range(count)]
    for seed, path in enumerate(paths):
        save_batch(path, *batch(seed))
    return paths


def write_flat(folder: Path, count: int, steps: int = 1000) -> list[int]:
    """Write episodes one after the other, as Minari's fields; returns the lengths of the first file's episodes."""
    first: list[int] | None = None
    for seed in range(count):
        made = torch.Generator().manual_seed(seed)
        lengths = torch.randint(5, 120, (steps,), generator=made)
        lengths = lengths[: int((lengths.cumsum(0) <= steps).sum())]
        rows = int(lengths.sum())
        ends = torch.zeros(rows, dtype=torch.bool)
        ends[lengths.cumsum(0) - 1] = True
        cut = torch.rand(rows, generator=made) < 0.5
        action = torch.randint(ACTIONS, (rows,), generator=made)
        values = torch.randn(rows, ACTIONS, generator=made)
        fields = {
            "observations": torch.randn(rows, 2, generator=made),
            "actions": action,
            "rewards": action.double() - 1 + 0.1 * torch.randn(rows, generator=made).double(),
            "terminations": ends & ~cut,
            "truncations": ends & cut,
            "episode": torch.arange(len(lengths)).repeat_interleave(lengths),
            "dqn": values,
            "dqn_target": values + 0.1,
        }
        save_file(fields, folder / f"{seed:02}.safetensors")
        first = first or cast("list[int]", lengths.tolist())
    return first or []
