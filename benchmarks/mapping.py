"""What it costs to propose and apply the mapping of a file, beside reading the file once. Linux only.

    .venv/bin/python -m benchmarks.mapping [--rows 1000000]

Two files of one stream of episodes: observations of 40 numbers with discrete actions and heads, whose steps nothing
explains, so that every search runs to its end; and one laid out as D4RL's, 17 numbers with actions of six. Each lies on
the disk, mapped into memory. The peak is that of the process's own memory (RssAnon), looked at every 10 ms.
"""

import argparse
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from benchmarks.peak_memory import status
from mouse.diagnosis import examine_file
from mouse.mapping import detect, plan
from mouse.mapping.apply import arrange

EPISODE = 200


def unexplained(rows: int) -> dict[str, Tensor]:
    """Random numbers, with a column that numbers episodes and one that counts steps."""
    make, row = torch.Generator().manual_seed(0), torch.arange(rows)
    return {
        "observation": torch.randn(rows, 40, generator=make),
        "action": torch.randint(0, 4, (rows,), generator=make),
        "reward": torch.randn(rows, generator=make),
        "terminated": row % EPISODE == EPISODE - 1,
        "episode": row // EPISODE,
        "step": row % EPISODE,
        "dqn": torch.randn(rows, 4, generator=make),
        "dqn_target": torch.randn(rows, 4, generator=make),
    }


def d4rl(rows: int) -> dict[str, Tensor]:
    """A random walk with continuous actions and time limits."""
    make, row = torch.Generator().manual_seed(0), torch.arange(rows)
    return {
        "observations": torch.randn(rows, 17, generator=make).cumsum(0) / 100,
        "actions": torch.rand(rows, 6, generator=make) * 2 - 1,
        "rewards": torch.randn(rows, generator=make),
        "terminals": torch.zeros(rows, dtype=torch.bool),
        "timeouts": row % EPISODE == EPISODE - 1,
    }


FILES = {"unexplained": unexplained, "as D4RL's": d4rl}


def measured(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """A result, its seconds, and how many MB of its own the process had at most beside those before."""
    before, peak, done = status("RssAnon:"), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, status("RssAnon:"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return result, seconds, max(0.0, peak - before)


def report(name: str, fields: dict[str, Tensor]) -> None:
    """Print a line for each part of the work on a file."""
    size = sum(field.nbytes for field in fields.values()) / 1e6
    _, once, _ = measured(lambda: [field.double().sum() for field in fields.values()])
    print(f"{name}, {size:.0f} MB; read once in {once:.2f} s")

    def timed(what: str, work: Callable[[], Any]) -> Any:
        result, seconds, peak = measured(work)
        print(
            f"  {what:18} {seconds:6.2f} s, {seconds / once:5.1f} x  {peak:6.0f} MB, {peak / size:4.1f} x", flush=True
        )
        return result

    mapping = timed("propose", lambda: detect(fields).mapping)
    timed("preview", lambda: arrange(fields, mapping))
    planned = timed("plan with doubts", lambda: plan(fields, mapping))
    timed("rules of the file", lambda: examine_file(planned))


def main() -> None:
    """Write each file and report on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows: int = parser.parse_args().rows
    for name, make in FILES.items():
        with TemporaryDirectory() as folder:
            path = Path(folder, "file.safetensors")
            save_file(make(rows), path)
            report(f"{name}, {rows:,} rows", load_file(path))


if __name__ == "__main__":
    main()
