"""How fast `mouse scan` is beside the losses and rules alone, what a second process brings, and its peak memory.

python -m benchmarks.scan [MEGABYTES]
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.batch import save_batch
from mouse.diagnosis import RULES, Thresholds
from mouse.diagnosis.case import Case
from mouse.diagnosis.examine import report_on
from mouse.losses import LOSSES
from mouse.mapping import Mapping
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan.local import Results, run_in_process, run_in_processes
from mouse_dashboard.scan.source import Source, sources_of
from mouse_dashboard.scan.task import RESULT, Request, Task, run_task, tasks_of

arrow, parquet_io = cast("Any", pa), cast("Any", pq)  # they have no types
SEQUENCES, STEPS, ACTIONS = 8192, 64, 6
BLOCK = 2048
CONFIG = LOSSES["dqn"].config()
REQUEST = Request(configs=dump_configs({"dqn": CONFIG}))
TURNS = 5
LOOK_SECONDS = 0.1
"""Between two looks at the memory of a scan."""


def make_batch(seed: int) -> tuple[TensorDict, TensorDict]:
    """A batch of 50 MB: half a million steps, with values of no model."""
    chance = torch.Generator().manual_seed(seed)
    shape = (SEQUENCES, STEPS)
    step_stream = {
        "action": torch.randint(ACTIONS, shape, generator=chance),
        "reward": torch.randn(shape, generator=chance),
        "done": (torch.rand(shape, generator=chance) < 0.01).long(),
        "observation": torch.randn(*shape, 8, generator=chance),
    }
    values = torch.randn(*shape, ACTIONS, generator=chance)
    return TensorDict(step_stream, shape), TensorDict({"dqn": values, "dqn_target": values + 0.1}, shape)


def in_memory(batch: tuple[TensorDict, TensorDict]) -> None:
    """Losses and rules on data in memory, in the scan's own blocks."""
    for start in range(0, SEQUENCES, BLOCK):
        step_stream, out = (each[start : start + BLOCK] for each in batch)
        case = Case(step_stream, out, {"dqn": CONFIG}, Thresholds())
        report_on(case, RULES.values())


def per_core(source: Source) -> None:
    """Processor time of the scan of a shard beside that of the losses and rules alone, in turns."""
    batch, ratios, taken = make_batch(0), list[float](), list[float]()
    for _ in range(TURNS):
        start = time.process_time()
        in_memory(batch)
        middle = time.process_time()
        for task in tasks_of(source):
            run_task(REQUEST, task)
        end = time.process_time()
        ratios.append((middle - start) / (end - middle))
        taken.append(end - middle)
    rate = SEQUENCES * STEPS / min(taken)
    best, usual = max(ratios), sorted(ratios)[TURNS // 2]
    print(f"per core: {usual:.2f} of the losses and rules alone (best {best:.2f}), {rate / 1e6:.2f} million steps/s")


def parquet(folder: Path) -> None:
    """Seconds of a shard as Parquet, beside the same as safetensors."""
    lists: dict[str, Any] = {}
    fields = (cast("dict[str, Tensor]", dict(part.items())) for part in make_batch(0))
    for name, table in ((name, value.flatten(0, 1)) for part in fields for name, value in part.items()):
        values = arrow.array(table.flatten().numpy())
        lists[name] = values if table.dim() < 2 else arrow.FixedSizeListArray.from_arrays(values, table.shape[1])
    path = folder / "rows.parquet"
    parquet_io.write_table(arrow.table(lists), path)
    (source,) = sources_of([str(path)])
    known = {name: name for name in ("action", "reward", "done", "dqn", "dqn_target")}
    request = Request(configs=REQUEST.configs, mapping=Mapping(fields=known, layout="flat", length=STEPS))
    start = time.perf_counter()
    result = RESULT.validate_json(run_task(request, Task(source)))
    print(
        f"Parquet: {time.perf_counter() - start:.2f} s for a shard of {source.size >> 20} MiB; {result.error or 'read'}"
    )


def seconds(results: Results) -> float:
    """How long an engine takes."""
    start = time.perf_counter()
    for _ in results:
        pass
    return time.perf_counter() - start


def peak(folder: Path) -> int:
    """Most memory in MiB of `mouse scan` with all its processes; Linux tells which pages they share."""
    command = [Path(sys.executable).with_name("mouse"), "scan", folder / "*.safetensors", "--config", '{"dqn": {}}']
    most = 0
    with subprocess.Popen(  # noqa: S603  our own command
        [*command, "--processes", "2", "--out", folder / "out"], stdout=subprocess.DEVNULL
    ) as scan:
        while scan.poll() is None:
            most = max(most, sum(map(_proportional, _tree(scan.pid))))
            with suppress(subprocess.TimeoutExpired):
                scan.wait(LOOK_SECONDS)
    return most >> 10


def _tree(process: int) -> Iterator[int]:
    """A process and all that it started."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from _tree(int(child))


def _proportional(process: int) -> int:
    """Memory of a process in KiB, its part of what it shares with others."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def main() -> None:
    """Print all of it."""
    torch.set_num_threads(1)
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_batch(folder / "000.safetensors", *make_batch(0))
        (first,) = sources_of([str(folder)])
        per_core(first)
        parquet(folder)
        for shard in range(1, max(2, megabytes * (1 << 20) // first.size)):
            (folder / f"{shard:03}.safetensors").hardlink_to(folder / "000.safetensors")
        sources = sources_of([str(folder / "*.safetensors")])
        tasks = [task for source in sources for task in tasks_of(source)]
        size = sum(source.size for source in sources) >> 20
        for run in (run_in_process, partial(run_in_processes, processes=2)):
            taken = seconds(run(REQUEST, tasks))
            name = "one process" if run is run_in_process else "two processes, their start included"
            print(f"{name}: {taken:.1f} s for {size} MiB in {len(sources)} shards, {size / taken:.0f} MiB/s")
        print(f"peak memory of mouse scan with two processes, pages that they share counted once: {peak(folder)} MiB")


if __name__ == "__main__":
    main()
