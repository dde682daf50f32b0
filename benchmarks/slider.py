"""What a move of a slider costs in the service's own process: an evaluation with map and histogram, without a browser.

    .venv/bin/python -m benchmarks.slider [--losses dqn sp] [--sizes 1M 16M] [--actions 6]

A batch is made, saved, and evaluated once; then its main field is dragged. Printed are milliseconds of processor time
of a move, by part, the clock's, whether its numbers are exact, which figures came, and the evaluation once the slider
rests. At the end stands the peak of the process's memory. Each loss has a process of its own. Linux only.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from benchmarks.peak_memory import status
from mouse.batch import load_batch, save_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.evaluate.service import evaluate_request
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import Evaluation
from mouse_dashboard.tuning.malloc import keep_freed_memory

SIZES = {"4k": (32, 128), "64k": (512, 128), "1M": (2048, 512), "4M": (4096, 1024), "16M": (8192, 2048)}
DRAGGED: dict[str, tuple[str, float, float, dict[str, Any]]] = {
    "dqn": ("gamma", 0.9, 0.999, {}),
    "dqn with cql": ("cql_weight", 0.1, 2.0, {}),
    "vec_dqn": ("reward_scale", 0.5, 2.0, {}),
    "sp": ("temperature", 0.5, 2.0, {"loss_type": "kl-fwd"}),
    "sp ce": ("label_smoothing", 0.01, 0.5, {}),
    "sv": ("weight", 0.5, 2.0, {}),
}
"""Of each loss the field that is dragged, from where to where, and its other fields."""
FIGURES = ("map", "histogram")
CACHE_BYTES = 2 << 30


def write_batch(path: Path, loss: str, shape: tuple[int, int], actions: int, dtype: torch.dtype) -> None:
    """A random batch with what a loss reads, written a field at a time."""
    generator = torch.Generator().manual_seed(0)
    declared = LOSSES[loss]

    def normal(*size: int) -> Tensor:
        values = torch.empty(*shape, *size, dtype=dtype)
        for row in values:
            row.normal_(generator=generator)
        return values

    made: dict[str, Callable[[], Tensor]] = {
        "action": lambda: torch.randint(0, actions, shape, generator=generator),
        "reward": normal,
        "done": lambda: torch.randint(0, 50, shape, generator=generator).eq(0).long(),
        "q_star": lambda: normal(actions),
    }
    step_stream = {name: made[name]() for name in declared.step_fields}
    out = {name: normal(actions, *(2 for _ in declared.head_dims[1:])) for name in declared.heads}
    save_batch(path, TensorDict(step_stream, shape), TensorDict(out, shape))


@dataclass
class Dragged:
    """One loss on a batch, as the page asks for it."""

    batch: Batch
    name: str
    evaluator: Evaluator = field(default_factory=lambda: Evaluator(CACHE_BYTES))

    def evaluate(self, value: float, *, brief: bool, figures: tuple[str, ...] = FIGURES) -> Evaluation:
        """The answer under one value of the field that is dragged."""
        loss = self.name.partition(" ")[0]
        dragged, _, _, others = DRAGGED[self.name]
        asked = EvaluateRequest.model_validate(
            {
                "configs": {loss: {**others, dragged: value}},
                "figures": [{"kind": kind, "loss": loss, "term": "loss"} for kind in figures],
                "brief": brief,
            }
        )
        context = EvaluationContext(
            self.batch, resolve_configs(asked.configs, LOSSES), self.evaluator, CancelToken(3600)
        )
        return evaluate_request(context, asked, lambda _id: self.batch)

    def values(self, count: int) -> list[float]:
        """Where the slider is moved to."""
        _, low, high, _ = DRAGGED[self.name]
        return [low + (high - low) * ((index * 7) % count) / count for index in range(count)]


@dataclass
class Spent:
    """Milliseconds of a part."""

    processor: list[float] = field(default_factory=list[float])
    clock: list[float] = field(default_factory=list[float])

    def measure(self, work: Callable[[], Any]) -> Any:
        """Do it, and note how long it took."""
        clock, processor = time.perf_counter(), time.process_time()
        result = work()
        self.processor.append((time.process_time() - processor) * 1e3)
        self.clock.append((time.perf_counter() - clock) * 1e3)
        return result

    def __str__(self) -> str:
        return f"{statistics.median(self.processor):8.1f} ({statistics.median(self.clock):.1f})"


def measure(name: str, size: str, actions: int, dtype: torch.dtype, moves: int) -> None:
    """Print the lines of a loss on a batch."""
    keep_freed_memory()
    loss = name.partition(" ")[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.safetensors"
        writer = multiprocessing.get_context("spawn").Process(
            target=write_batch, args=(path, loss, SIZES[size], actions, dtype)
        )
        writer.start()
        writer.join()
        dragged = Dragged(Batch("batch", *load_batch(path), path), name)
        values = dragged.values(moves)
        parts = {part: Spent() for part in ("first", "tick", "numbers only", "JSON", "at rest")}
        parts["first"].measure(lambda: dragged.evaluate(values[0], brief=False))
        dragged.evaluate(values[1], brief=True)
        exact, drawn = 0, dict.fromkeys(FIGURES, 0)
        for value in values[2:]:
            answer = parts["tick"].measure(lambda value=value: dragged.evaluate(value, brief=True))
            parts["JSON"].measure(answer.model_dump_json)
            exact += not answer.losses[loss].estimated
            for each in answer.figures:
                drawn[each.kind] += each.figure is not None
        for value in values[2:]:
            parts["numbers only"].measure(lambda value=value: dragged.evaluate(value + 1e-4, brief=True, figures=()))
        parts["at rest"].measure(lambda: dragged.evaluate(values[-1] + 2e-4, brief=False))
        ticks = len(values) - 2
        print(f"{name}.{DRAGGED[name][0]} at {size} x {actions}, {dtype}: processor (clock) ms")
        for part, spent in parts.items():
            print(f"  {part:13}{spent}")
        came = ", ".join(f"{kind} {count}" for kind, count in drawn.items())
        print(f"  of {ticks} ticks: {exact} with exact numbers; figures: {came}")
        sizes = {
            "at most": status("VmHWM:"),
            "its own": status("RssAnon:"),
            "cached": dragged.evaluator.cache.size / 1e6,
            "file": path.stat().st_size / 1e6,
        }
        print("  memory in MB:", ", ".join(f"{part} {size:,.0f}" for part, size in sizes.items()), flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--losses", nargs="+", choices=DRAGGED, default=[*DRAGGED])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["1M", "16M"])
    parser.add_argument("--actions", type=int, default=6)
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float32")
    parser.add_argument("--moves", type=int, default=12)
    asked = parser.parse_args()
    for size in asked.sizes:
        for name in asked.losses:
            arguments = (name, size, asked.actions, getattr(torch, asked.dtype), asked.moves)
            worker = multiprocessing.get_context("spawn").Process(target=measure, args=arguments)
            worker.start()
            worker.join()


if __name__ == "__main__":
    main()
