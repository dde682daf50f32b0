"""How much memory a loss takes beyond its gradient, forward and backward: mouse against plain eager code. Linux only.

    .venv/bin/python -m benchmarks.peak_memory [--sizes large]

Each is called once in a process of its own, after a small batch has loaded whatever is loaded on first use. The kernel
tells the peak of the process's resident memory (VmHWM).
"""

import argparse
import multiprocessing
from pathlib import Path

import torch

from benchmarks.losses import DIMS, DIVERGENCES, SIZES, Call, loss_calls, make_batch, vec_dqn_calls, with_backward

NAMES = ("dqn", "dqn with cql", "sv", *(f"sp {name}" for name in DIVERGENCES), *(f"vec_dqn D = {dim}" for dim in DIMS))


def call_of(name: str, implementation: str, shape: tuple[int, int, int]) -> Call:
    """A loss with its backward pass, on a random batch."""
    dim = dimensions(name)
    batch = make_batch(shape, dim)
    return with_backward((vec_dqn_calls(*batch) if dim > 1 else loss_calls(*batch)[name])[implementation])


def dimensions(name: str) -> int:
    """Size of the vectors of a loss; 1 where it has none."""
    return int(name.rpartition(" ")[2]) if name.startswith("vec_dqn") else 1


def status(key: str) -> float:
    """A line of the process's status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1e3


def peak(name: str, implementation: str, shape: tuple[int, int, int]) -> float:
    """MB that one call needs at most, its gradient included."""
    torch.set_num_threads(1)
    call_of(name, implementation, (2, 8, 6))()
    call = call_of(name, implementation, shape)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    before = status("VmRSS:")
    call()
    return status("VmHWM:") - before


def main() -> None:
    """Print a line for each loss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["large"])
    asked = parser.parse_args()
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for shape in (SIZES[size] for size in asked.sizes):
            print(f"(B, S, A) = {shape}: MB beyond the gradient")
            for name in NAMES:
                gradient = torch.Size(shape).numel() * dimensions(name) * 4 / 1e6
                ours, plain = (pool.apply(peak, (name, which, shape)) - gradient for which in ("mouse", "plain"))
                print(f"  {name:16} mouse {ours:7.0f}  plain {plain:7.0f}", flush=True)


if __name__ == "__main__":
    main()
