"""An open shard: its chunks, their sequences in blocks, and its rows as one stream."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.batch import load_batch
from mouse.errors import BatchError
from mouse.mapping import Mapping, plan
from mouse.mapping.apply import Plan
from mouse.mapping.columns import row_sizes, rows_rank
from mouse.mapping.rows import Rows
from mouse.wording import listed
from mouse_dashboard.reading import FileLimits, read_fields
from mouse_dashboard.scan.chunks import chunks, slice_rows
from mouse_dashboard.scan.proposal import ProposalError, fit_window_length, propose_for_shard
from mouse_dashboard.scan.source import Source, fetch
from mouse_dashboard.scan.stream import Stream
from mouse_dashboard.store.native import is_native

MAX_STEPS = 1 << 17
MAX_BYTES = 64 << 20
"""What a block holds at most: what bounds the memory of a scan, whatever the size of a shard."""
UNLIMITED = FileLimits(max_bytes=1 << 50, max_seconds=86_400)
"""The operator names the shards: what one unpacks to is held to its size, and what it takes to no limit for
uploads."""
Kinds = dict[str, str]
"""Type and shape of a step of each field, by its name in the file."""
BatchParts = tuple[TensorDictBase, TensorDictBase]


@dataclass(frozen=True)
class Chunk:
    """Some rows of a shard, mapped separately; all rows unless the file is large."""

    shape: tuple[int, int]
    """B sequences of S steps."""
    first: int
    """What its sequences count from in the shard: the sequences of two chunks never have a number in common."""
    take: Callable[[int, int], BatchParts]
    """Some sequences, from the first number to before the second, both of the chunk."""
    file_rows: Tensor | None
    """Row of the file that each step is of, ``[B, S]``; None where the file holds sequences."""
    stream: Stream | None
    """Its rows in order of time, where windows run on into each other."""
    notes: tuple[str, ...]
    step_bytes: int
    """Bytes of all fields of a step."""
    doubts: tuple[tuple[str, str], ...] = ()
    """What speaks against the file or its mapping: the kind of it, and a sentence."""

    def blocks(self) -> list[tuple[int, int]]:
        """Cut the sequences into blocks, depending only on the chunk: tasks are ranges of blocks."""
        rows, steps = self.shape
        most = min(MAX_STEPS, MAX_BYTES // max(1, self.step_bytes))
        size = max(1, most // steps)
        return [(start, min(rows, start + size)) for start in range(0, rows, size)]


@dataclass(frozen=True)
class Shard:
    """An open shard."""

    chunks: list[range]
    """Rows of the file that are mapped at once."""
    first_of: Callable[[range], int]
    """What the sequences of a chunk count from."""
    open: Callable[[range], Chunk]
    """Map a chunk. It raises what `open_shard` does, with a note of the rows that are meant."""
    notes: tuple[str, ...]
    kinds: Kinds

    def chunk_of(self, row: int) -> range:
        """The chunk of a sequence, by the sequence's number in the shard."""
        return next(rows for rows in reversed(self.chunks) if self.first_of(rows) <= row)


def open_shard(path: Path, name: str, scratch: Path, mapping: Mapping | None, proposed: Mapping | None = None) -> Shard:
    """Open a file with a mapping, or as a native batch without one.

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
    fields, rank = load_file(found.path), rows_rank(mapping)
    cut = chunks(fields, mapping)

    def first_of(rows: range) -> int:
        windows = rank == 2 and mapping.length is not None
        return rows.start * (row_sizes(fields, mapping)[1] if windows else 1)

    def open_chunk(rows: range) -> Chunk:
        try:
            some = fields if len(cut) == 1 else slice_rows(fields, rows)
            return _mapped_chunk(some, rows, first_of(rows), mapping, proposed)
        except BatchError as error:
            if isinstance(error, ProposalError):
                error.rows = rows
            if len(cut) > 1:
                error.add_note(f"{rows_text(rows)} of the file:")
            raise

    kinds = {name: _kind(value, rank) for name, value in fields.items()}
    return Shard(cut, first_of, open_chunk, (*found.notes, *_notes_on(cut, row_sizes(fields, mapping)[0])), kinds)


def rows_text(rows: range) -> str:
    """The first row and the last one."""
    return f"Rows {rows.start:,} to {rows.stop - 1:,}"


def _notes_on(cut: list[range], rows: int) -> Iterator[str]:
    """Notes on how a file was cut, and which rows were dropped."""
    if len(cut) > 1:
        yield f"The file is read in {len(cut)} chunks of rows; notes on rows tell of the first one."
    bounds = [0, *chain.from_iterable((each.start, each.stop) for each in cut), rows]
    for start, stop in zip(bounds[::2], bounds[1::2], strict=True):
        if start < stop:
            yield f"{rows_text(range(start, stop))} were never written: they are empty in every field."


def _mapped_chunk(
    fields: dict[str, Tensor], rows: range, first: int, mapping: Mapping, proposed: Mapping | None
) -> Chunk:
    if proposed is not None:
        mapping = fit_window_length(mapping, propose_for_shard(fields, proposed))
    rank = rows_rank(mapping)
    planned = plan(fields, mapping, rows.start * row_sizes(fields, mapping)[1:].numel())
    index = planned.rows.index
    batch, steps = index.shape
    return Chunk(
        shape=(batch, steps),
        first=first,
        take=lambda start, stop: _subset(planned, lambda values: values[start:stop]),
        file_rows=index + rows.start if rank == 1 else None,
        stream=Stream.of(planned),
        notes=planned.notes,
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

    chunk = Chunk(
        shape=(rows, steps),
        first=0,
        take=take,
        file_rows=None,
        stream=None,
        notes=(),
        step_bytes=sum(value.nbytes for value in named.values()) // (rows * steps),
    )
    kinds = {name: _kind(value, 2) for name, value in named.items()}
    return Shard([range(rows)], lambda _rows: 0, lambda _rows: chunk, notes, kinds)


def _named(source: TensorDict) -> dict[str, Tensor]:
    return {str(name): cast("Tensor", value) for name, value in source.items()}


def _kind(value: Tensor, rank: int) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape[rank:])}"


def _item_bytes(values: Tensor) -> int:
    return values.nbytes // max(1, len(values))
