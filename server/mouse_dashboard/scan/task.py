"""A task: some blocks of one shard under the scan's request. It runs in any process and returns bytes."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from functools import cache, reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from mouse import __version__
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT
from mouse.losses.registered import all_losses
from mouse.mapping import Mapping as FileMapping
from mouse.outputs import with_outputs
from mouse.tracing.function_file import FunctionAddress
from mouse.tracing.model_file import load_model
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.scan.block import Examination, segments_of, summarise_block
from mouse_dashboard.scan.proposal import ProposalError
from mouse_dashboard.scan.scan_marker import FORMAT
from mouse_dashboard.scan.shard import BatchParts, Kinds, Shard, open_shard
from mouse_dashboard.scan.source import Source, fetch
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.sweep import points_of
from mouse_dashboard.schema.errors import ApiError

PART_BYTES = 256 << 20
"""Of a shard that is read where it lies, what one task takes."""
MOST_CAUSES = 2
"""That are told of a shard which proposes another mapping."""
READ_WHERE_IT_LIES = (".safetensors",)
"""Other formats are converted as a whole before any of them is read: one task then runs over all chunks."""


@dataclass(frozen=True)
class Request:
    """The request of a scan: the same for every task."""

    configs: dict[str, dict[str, Any]]
    """Every field of the losses' configs, spelled out."""
    functions: tuple[str, ...] = ()
    """Losses of the user's own, as FILE.py:FUNCTION."""
    model: str | None = None
    """What loads the model, as FILE.py:FUNCTION."""
    mapping: FileMapping | None = None
    """How a shard becomes a batch; None where shards are batches."""
    proposed: FileMapping | None = None
    """What the first shard itself proposes, for others to be compared with; None where flags chose the mapping."""
    sweep: tuple[str, ...] = ()
    """Fields and their values, as ``dqn.gamma=0.9:0.999:9``."""
    code: tuple[str, ...] = ()
    """Hashes of the files of the functions and of the model, and of what that returns: another makes other results."""


@dataclass(frozen=True)
class Task:
    """Some of the blocks of one shard."""

    source: Source
    part: int = 0
    parts: int = 1

    @property
    def bytes(self) -> int:
        """Its share of the shard's bytes."""
        return self.source.size // self.parts

    def key(self, request: Request) -> str:
        """Name of its result, unique for the shard, the request and the version of mouse."""
        asked = REQUEST_AND_TASK.dump_json((request, self))
        return hashlib.sha256(asked + f"{__version__} {FORMAT}".encode()).hexdigest()[:32]


REQUEST_AND_TASK = TypeAdapter(tuple[Request, Task])


@dataclass(frozen=True, config=ConfigDict(ser_json_inf_nan="constants"))
class TaskResult:
    """The result of a task."""

    summary: Summary
    error: str | None = None
    """Why there is no summary."""
    fits: bool = True
    """Whether a file that could be read is what the scan reads."""
    notes: tuple[str, ...] = ()
    """What was left out or converted, and how the shard was mapped."""
    doubts: tuple[tuple[str, str], ...] = ()
    """What speaks against the shard or its mapping: the kind of it, and a sentence."""
    kinds: Kinds = dataclasses.field(default_factory=dict[str, str])
    """Type and shape of each field."""


RESULT = TypeAdapter(TaskResult)


def tasks_of(source: Source) -> list[Task]:
    """Cut a shard into tasks."""
    splits = "://" not in source.address and source.name.endswith(READ_WHERE_IT_LIES)
    parts = max(1, -(-source.size // PART_BYTES)) if splits else 1
    return [Task(source, part, parts) for part in range(parts)]


def run_task(request: Request, task: Task) -> bytes:
    """Run a task; errors of the shard become part of the result. The bytes are JSON of a `TaskResult`."""
    torch.set_num_threads(1)  # what a task computes must not depend on how many threads share it
    with TemporaryDirectory(prefix="mouse-scan-") as scratch:
        result = _result(request, task, Path(scratch))
    return RESULT.dump_json(result)


def _result(request: Request, task: Task, scratch: Path) -> TaskResult:
    try:
        shard = open_for_scan(request, task.source, fetch(task.source, scratch), scratch)
        nothing = TaskResult(Summary(), notes=shard.notes, kinds=shard.kinds)
        return reduce(_joined, _results(request, task, shard), nothing)
    except ApiError as error:
        return TaskResult(Summary(), str(error).removeprefix("file: "))
    except ProposalError as error:
        return _explained(task, scratch, error)
    except (BatchError, MissingFieldError) as error:
        return TaskResult(Summary(), _text(error), fits=False)
    except OSError as error:
        return TaskResult(Summary(), f"{error.strerror or error}.")
    except Exception as error:  # noqa: BLE001  whatever mouse did not foresee, other shards go on
        return TaskResult(Summary(), f"mouse failed on it: {type(error).__name__}: {error}")


def _explained(task: Task, scratch: Path, error: ProposalError) -> TaskResult:
    """Explain why a shard proposes a different mapping, from its rows and the doctor's report under its proposal."""
    data = Request(configs={}, mapping=error.proposal)
    try:
        shard = open_for_scan(data, task.source, fetch(task.source, scratch), scratch)
        chunk = shard.open(shard.chunks[0] if error.rows is None else error.rows)
        findings = summarise_block(chunk, 0, segments_of(chunk)[0], examination_of(data)).findings.values()
    except (ApiError, BatchError, MissingFieldError, OSError):
        return TaskResult(Summary(), _text(error), fits=False)
    doubts = (message for _kind, message in sorted(chunk.doubts))
    warnings = (finding.message for finding in findings if finding.severity != "info")
    causes = [cause for cause in (error.cause, *doubts, *warnings) if cause]
    text = " ".join([*causes[:MOST_CAUSES], f"{'Not scanned: ' * bool(causes)}{_text(error)}"])
    return TaskResult(Summary(), text, fits=False)


def open_for_scan(request: Request, source: Source, path: Path, scratch: Path) -> Shard:
    """Open a shard with the scan's mapping.

    Raises:
        ApiError: it cannot be read.
        ProposalError: (a ValueError) it proposes another mapping than the first shard.
        BatchError: (a ValueError) it is not what the first shard is.
        MissingFieldError: (a KeyError) it is no batch.
    """
    return open_shard(path, source.name, scratch, request.mapping, request.proposed)


def examination_of(request: Request) -> Examination:
    """What to compute for every block; functions and the model are loaded once per process."""
    return Examination(
        resolve_configs(request.configs, all_losses(), ""),
        {address.name: _function(address) for address in map(FunctionAddress.parse, request.functions)},
        cached_model(request.model) if request.model else lambda batch: batch,
        sweep_of(request),
    )


def sweep_of(request: Request) -> dict[str, dict[str, LossConfig]]:
    """Configs of the swept losses at every point.

    Raises:
        ApiError: it is no sweep.
        InvalidFieldsError: a value that the config refuses.
    """
    points = points_of(request.sweep, request.configs)
    return {name: resolve_configs(configs, all_losses(), "") for name, configs in points.items()}


def _results(request: Request, task: Task, shard: Shard) -> Iterator[TaskResult]:
    """Results of a task, for each chunk with blocks of it."""
    examination = examination_of(request)
    for number, rows in enumerate(shard.chunks):
        owners = _owners(number, len(shard.chunks), task.parts)
        if task.part not in owners:
            continue
        chunk = shard.open(rows)
        segments = segments_of(chunk)
        count, place, of = len(segments), owners.index(task.part), len(owners)
        blocks = range(count * place // of, count * (place + 1) // of)
        made = (summarise_block(chunk, block, segments[block], examination) for block in blocks)
        yield TaskResult(
            reduce(Summary.merge, made, Summary()), notes=chunk.notes if number == 0 else (), doubts=chunk.doubts
        )


def _owners(chunk: int, chunks: int, parts: int) -> list[int]:
    """The tasks that share a chunk: one task where there are more chunks than tasks."""
    return [part for part in range(parts) if part * chunks // parts == chunk] or [chunk * parts // chunks]


def _joined(one: TaskResult, other: TaskResult) -> TaskResult:
    return dataclasses.replace(
        one,
        summary=one.summary.merge(other.summary),
        notes=(*one.notes, *other.notes),
        doubts=(*one.doubts, *other.doubts),
    )


def _text(error: Exception) -> str:
    """What is wrong, behind the rows that are meant."""
    return " ".join([*getattr(error, "__notes__", ()), str(error)])


@cache
def _function(address: FunctionAddress) -> Callable[..., Any]:
    return address.load()


@cache
def cached_model(address: str) -> Callable[[BatchParts], BatchParts]:
    """Load a model once per process; its heads override those of the file."""
    model = load_model(FunctionAddress.parse(address, "--model"))

    def with_model(batch: BatchParts) -> BatchParts:
        step_stream, of_file = batch
        try:
            _, out = with_outputs(step_stream, model)
        except (BatchError, MissingFieldError):
            raise
        except Exception as error:  # the user's own code may raise anything, and other shards go on
            found, fix = f"{type(error).__name__}: {error}", "repair the model, or scan this shard separately"
            raise BatchError(OUT, found, f"the output of --model {address}", fix) from error
        return step_stream, of_file.clone(recurse=False).update(out)

    return with_model
