"""Shards as a data set has them: steps of small worlds, with values that a model could have given."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan.folder import ScanFolder
from mouse_dashboard.scan.local import run_in_process
from mouse_dashboard.scan.output import write_scan
from mouse_dashboard.scan.scan import scan
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.task import Request
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields
from tests.recordings.worlds import play

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
    folder.mkdir(exist_ok=True)
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


def recorded(seed: int) -> Fields:
    """Steps under the names that Minari gives them."""
    steps = play("CliffWalking-v1", 900, seed=seed)
    flags = {"terminations": steps.terminated, "truncations": steps.truncated, "episode": steps.episode}
    return {"observations": steps.obs, "actions": steps.action, "rewards": steps.reward, **flags}


def write_four_broken(folder: Path, count: int, broken: tuple[int, int, int, int], *, heads: bool = False) -> None:
    """Write shards of a world, one with rewards times a thousand, one a row late, one with merged ends, one cut off."""
    scaled, shifted, merged, cut = broken
    values = np.random.default_rng(0).normal(-10, 3, size=(48, ACTIONS + 1)).astype(np.float32)
    for shard in range(count):
        fields = recorded(shard)
        if heads:
            state = values[fields["observations"]]
            fields |= {"dqn": state + np.float32(0.1), "dqn_target": state}
        if shard == scaled:
            fields |= {"rewards": fields["rewards"] * 1000}
        if shard == shifted:
            moved = ("actions", "rewards", "terminations", "truncations")
            fields |= {name: np.roll(fields[name], 1) for name in moved}
        if shard == merged:
            ends = fields["terminations"] | fields["truncations"]
            fields |= {"terminations": ends, "truncations": np.zeros_like(ends)}
        path = folder / f"{shard:02}.safetensors"
        save_file(tensors(fields), path)
        if shard == cut:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write_out(data: Path, out: Path, gamma: float, sweep: tuple[str, ...] = ()) -> None:
    """Scan a folder in this process, into another one."""
    request = Request(dump_configs({"dqn": LOSSES["dqn"].config(gamma=gamma)}), sweep=sweep)
    folder, sources = ScanFolder(out), sources_of([str(data)])
    folder.open()
    write_scan(folder, request, sources, scan(request, sources, run_in_process, folder))
