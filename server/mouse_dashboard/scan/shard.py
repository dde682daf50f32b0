"""A shard, opened: its sequences, taken a few at a time, and its rows as one stream where they follow one another."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.batch import load_batch
from mouse.errors import BatchError, listed
from mouse.mapping import Mapping, plan
from mouse.mapping.apply import Plan
from mouse.mapping.columns import rows_rank
from mouse.mapping.rows import Rows
from mouse_dashboard.reading import Limits, read_fields
from mouse_dashboard.scan.proposal import own_proposal, with_own_length
from mouse_dashboard.scan.source import Source, fetch
from mouse_dashboard.scan.stream import Stream
from mouse_dashboard.store.native import is_native

MAX_STEPS = 1 << 17
MAX_BYTES = 64 << 20
"""What a block holds at most: what bounds the memory of a scan, whatever the size of a shard."""
UNLIMITED = Limits(max_bytes=1 << 50, max_seconds=86_400)
"""The operator names the shards: what one unpacks to is held to its size, and what it takes to no limit for
uploads."""
Kinds = dict[str, str]
"""Type and shape of a step of each field, by its name in the file."""
BatchParts = tuple[TensorDictBase, TensorDictBase]


@dataclass(frozen=True)
class Shard:
    """A shard, opened."""

    shape: tuple[int, int]
    """B sequences of S steps."""
    take: Callable[[int, int], BatchParts]
    """Some sequences, from the first number to before the second."""
    file_rows: Tensor | None
    """Row of the file that each step is of, ``[B, S]``; None where the file holds sequences."""
    stream: Stream | None
    """Its rows in order of time, where windows run on into each other."""
    notes: tuple[str, ...]
    kinds: Kinds
    step_bytes: int
    """Bytes of all fields of a step."""
    doubts: tuple[tuple[str, str], ...] = ()
    """What speaks against the file or its mapping: the kind of it, and a sentence."""

    def blocks(self) -> list[tuple[int, int]]:
        """Cut the sequences into blocks, by nothing but the shard: tasks are ranges of them."""
        rows, steps = self.shape
        most = min(MAX_STEPS, MAX_BYTES // max(1, self.step_bytes))
        size = max(1, most // steps)
        return [(start, min(rows, start + size)) for start in range(0, rows, size)]


def open_shard(path: Path, name: str, scratch: Path, mapping: Mapping | None, proposed: Mapping | None = None) -> Shard:
    """Open a file, by a mapping or, where there is none, as the batch that it is.

    Args:
        path: the file.
        name: what it is called.
        scratch: folder for a conversion of it.
        mapping: how it becomes a batch.
        proposed: what the first shard proposed of itself: another one must not propose anything else.

    Raises:
        ApiError: it cannot be read.
        ProposalError: (a ValueError) its names and values propose another mapping.
        BatchError: (a ValueError) the mapping does not fit it, or it is no batch.
        MissingFieldError: (a KeyError) it is no batch.
    """
    found = read_fields(path, name, scratch, UNLIMITED)
    if mapping is None:
        return _native_shard(found.path, found.notes)
    fields = load_file(found.path)
    if proposed is not None:
        mapping = with_own_length(mapping, own_proposal(fields, proposed))
    planned = plan(fields, mapping)
    rank = rows_rank(mapping)
    rows, steps = planned.rows.index.shape

    return Shard(
        shape=(rows, steps),
        take=lambda start, stop: _subset(planned, lambda values: values[start:stop]),
        file_rows=planned.rows.index if rank == 1 else None,
        stream=Stream.of(planned),
        notes=(*found.notes, *planned.notes),
        kinds={name: _kind(value, rank) for name, value in fields.items()},
        step_bytes=sum(_item_bytes(column.values) for column in planned.columns.values()),
        doubts=tuple((doubt.id, doubt.message) for doubt in planned.doubts),
    )


def _subset(planned: Plan, choose: Callable[[Tensor], Tensor]) -> BatchParts:
    """Some rows of those that a plan takes."""
    index, before, final = planned.rows.index, planned.rows.before, planned.rows.final
    return planned._replace(rows=Rows(choose(index), choose(before), None if final is None else choose(final))).batch()


def fields_of(source: Source, scratch: Path) -> tuple[bool, dict[str, Tensor]]:
    """Whether a shard is a batch as it is, and its fields.

    Raises:
        ApiError: it cannot be read.
        BatchError: (a ValueError) it says that it is a batch, and is none.
        MissingFieldError: (a KeyError) as that.
        OSError: it cannot be fetched.
    """
    path = read_fields(fetch(source, scratch), source.name, scratch, UNLIMITED).path
    return is_native(path), load_file(path)


def _native_shard(path: Path, notes: tuple[str, ...]) -> Shard:
    if not is_native(path):
        names = listed(load_file(path), "none")
        raise BatchError("fields", names, "a batch, as the first shard is one", "scan it separately, or map all shards")
    step_stream, out = load_batch(path)
    rows, steps = step_stream.batch_size
    named = {**_named(step_stream), **_named(out)}

    def take(start: int, stop: int) -> BatchParts:
        return cast("BatchParts", (step_stream[start:stop], out[start:stop]))

    return Shard(
        shape=(rows, steps),
        take=take,
        file_rows=None,
        stream=None,
        notes=notes,
        kinds={name: _kind(value, 2) for name, value in named.items()},
        step_bytes=sum(value.nbytes for value in named.values()) // (rows * steps),
    )


def _named(source: TensorDict) -> dict[str, Tensor]:
    return {str(name): cast("Tensor", value) for name, value in source.items()}


def _kind(value: Tensor, rank: int) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape[rank:])}"


def _item_bytes(values: Tensor) -> int:
    return values.nbytes // max(1, len(values))
