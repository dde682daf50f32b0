"""How fast the losses are: mouse against plain eager code, side by side. Ratios are printed, nothing is asserted.

    .venv/bin/python -m benchmarks.losses                     # all sizes, a few minutes
    .venv/bin/python -m benchmarks.losses --sizes small       # seconds

Times are those that the processor worked, on one thread, so that other work on the machine counts little.
The plain implementations stand in `benchmarks/plain.py`. Both compute the same loss and the same metrics; mouse also
checks its input and keeps every intermediate. torchrl's DQN loss takes part where torchrl can be imported.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import torch
from rich.console import Console
from rich.table import Table
from tensordict import TensorDict
from torch import Tensor

from benchmarks import plain, torchrl_dqn
from benchmarks.timing import interleaved
from mouse.geometry import vec_dqn_scores
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_loss, dqn_terms
from mouse.losses.sp import SpLossConfig, sp_loss
from mouse.losses.sv import SvLossConfig, sv_loss
from mouse.losses.vec_dqn import VecDqnLossConfig, vec_dqn_loss

SIZES = {"small": (32, 128, 6), "medium": (256, 128, 18), "large": (1024, 512, 18)}
DIMS = (2, 8)
DIVERGENCES = ("ce", "ce-soft-fwd", "ce-soft-bwd", "kl-fwd", "kl-bwd", "js")

Call = Callable[[], Tensor]


def make_batch(shape: tuple[int, int, int], dim: int) -> tuple[TensorDict, TensorDict]:
    """Make a random batch whose last two actions are padding, with gradients into the online heads."""
    b, s, a = shape
    generator = torch.Generator().manual_seed(0)

    def normal(*tail: int) -> Tensor:
        return torch.randn(b, s, *tail, generator=generator)

    q_star = normal(a)
    q_star[..., -2:] = -torch.inf
    done = torch.multinomial(torch.tensor([0.9, 0.05, 0.05]), b * s, replacement=True, generator=generator)
    step_stream = {
        "action": torch.randint(a, (b, s), generator=generator),
        "reward": normal(),
        "done": done.view(b, s),
        "q_star": q_star,
    }
    online = {"dqn": normal(a), "vec_dqn": normal(a, dim), "sp": normal(a), "sv": normal(a)}
    out = {name: value.requires_grad_() for name, value in online.items()}
    out |= {"dqn_target": normal(a), "vec_dqn_target": normal(a, dim)}
    return TensorDict(step_stream, batch_size=[b, s]), TensorDict(out, batch_size=[b, s])


def flat(step_stream: TensorDict, out: TensorDict) -> dict[str, Tensor]:
    """All fields in one dict, as the plain implementations read them."""
    return cast("dict[str, Tensor]", {**step_stream, **out})


def loss_calls(step_stream: TensorDict, out: TensorDict) -> dict[str, dict[str, Call]]:
    """Each loss, in each implementation, as a call that returns the loss."""
    batch = flat(step_stream, out)
    sv = SvLossConfig()
    cfg, cql = DqnLossConfig(), DqnLossConfig(cql_weight=0.1)
    calls: dict[str, dict[str, Call]] = {
        "dqn": {
            "mouse": lambda: dqn_loss(step_stream, out, cfg)[0],
            "plain": lambda: plain.dqn(batch, cfg)[0],
            **torchrl_dqn.calls(batch, 0.99),
        },
        "dqn with cql": {
            "mouse": lambda: dqn_loss(step_stream, out, cql)[0],
            "plain": lambda: plain.dqn(batch, cql)[0],
        },
        "sv": {
            "mouse": lambda: sv_loss(step_stream, out["sv"], sv)[0],
            "plain": lambda: plain.sv(batch)[0],
        },
    }
    for name in DIVERGENCES:
        calls[f"sp {name}"] = sp_calls(step_stream, out, batch, SpLossConfig(loss_type=name))
    return calls


def sp_calls(
    step_stream: TensorDict, out: TensorDict, batch: Mapping[str, Tensor], cfg: SpLossConfig
) -> dict[str, Call]:
    """One divergence in both implementations."""
    return {
        "mouse": lambda: sp_loss(step_stream, out["sp"], cfg)[0],
        "plain": lambda: plain.sp(batch, cfg.loss_type)[0],
    }


def vec_dqn_calls(step_stream: TensorDict, out: TensorDict) -> dict[str, Call]:
    """Vector DQN in both implementations."""
    batch = flat(step_stream, out)
    cfg = VecDqnLossConfig()
    return {
        "mouse": lambda: vec_dqn_loss(step_stream, out["vec_dqn"], out["vec_dqn_target"], cfg)[0],
        "plain": lambda: plain.vec_dqn(batch)[0],
    }


def settle_memory() -> None:
    """Free one large block, as any training process has done long ago.

    Until then the C library gives memory of this size back to the system after each call and faults it in anew.
    """
    torch.empty(31 << 20, dtype=torch.uint8)


def with_backward(call: Call) -> Call:
    """Add the backward pass; gradients are not accumulated."""

    def both() -> Tensor:
        loss = call()
        loss.backward()
        return loss

    return both


def without_gradient(call: Call) -> Call:
    """Only the forward pass, recording nothing."""
    return torch.no_grad()(call)


def stage_calls(dim: int = 2) -> dict[str, Call]:
    """DQN at a million transitions after gamma moved: stage 2 from cached inputs, and the whole loss."""
    step_stream, out = make_batch((2048, 513, 18), dim)
    with torch.no_grad():
        inputs = dqn_inputs(step_stream, out, cql=False)
    moved = replace(DqnLossConfig(), gamma=0.9)
    return {
        "stage 2": lambda: dqn_terms(inputs, moved).loss,
        "whole loss": lambda: dqn_loss(step_stream, out, moved)[0],
    }


def greedy_calls(shape: tuple[int, int, int], dim: int) -> dict[str, Call]:
    """Scores of all actions, from which the greedy one follows."""
    vectors = make_batch(shape, dim)[1]["vec_dqn_target"]
    return {"mouse": lambda: vec_dqn_scores(vectors), "plain": lambda: plain.scores(vectors)}


def add_row(table: Table, what: str, calls: Mapping[str, Call], seconds: float) -> None:
    """Measure one comparison; a ratio above 1 means that the first is that many times faster."""
    first, *others = (measured := interleaved(calls, seconds))
    ratios = "  ".join(f"{measured[other] / measured[first]:.2f} x {other}" for other in others)
    table.add_row(what, f"{measured[first] * 1e3:.3f}", ratios)


def compare(shape: tuple[int, int, int], seconds: float, console: Console) -> None:
    """All four losses at one size."""
    table = Table("loss", "mouse, ms", "speed relative to", title=f"(B, S, A) = {shape}")
    losses = loss_calls(*make_batch(shape, 2))
    losses |= {f"vec_dqn D = {dim}": vec_dqn_calls(*make_batch(shape, dim)) for dim in DIMS}
    for name, calls in losses.items():
        add_row(table, f"{name}, forward", {k: without_gradient(call) for k, call in calls.items()}, seconds)
        add_row(table, f"{name}, with backward", {k: with_backward(call) for k, call in calls.items()}, seconds)
    for dim in DIMS:
        calls = greedy_calls(shape, dim)
        add_row(table, f"greedy choice D = {dim}", {k: without_gradient(call) for k, call in calls.items()}, seconds)
    console.print(table)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--seconds", type=float, default=1.0, help="time per call and comparison")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settle_memory()
    console = Console()
    for size in arguments.sizes:
        compare(SIZES[size], arguments.seconds, console)
    table = Table("DQN at 1.05 million transitions", "ms", "speed relative to")
    calls = {name: without_gradient(call) for name, call in stage_calls().items()}
    add_row(table, "stage 2 after a change of gamma", calls, arguments.seconds)
    console.print(table)


if __name__ == "__main__":
    main()
