"""Fields of a file as columns of the batch: one entry per row of the file, in mouse's types."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.fields import STEP_STREAM
from mouse.mapping.ends import ENDS, describe_done, done_codes
from mouse.mapping.mapping import ONE_DIMENSION, Mapping
from mouse.mapping.names import HEAD_NAMES
from mouse.mapping.step_types import last_steps
from mouse.mapping.target import FIELDS, TARGETS
from mouse.mapping.values import Note, convert, invert_flags
from mouse.wording import listed


class Column(NamedTuple):
    """One field of the batch before its rows are brought into windows."""

    group: str
    """`step_stream` or `out`."""
    sources: tuple[str, ...]
    """Names in the file."""
    values: Tensor
    """One entry per row of the file, [N, ...]."""
    shifted: bool
    """Whether it is stored with the state that its transition leaves."""
    next_state: Tensor | None = None
    """What it is in the state after each row, where that is known, [N, ...]."""


def rows_rank(mapping: Mapping) -> int:
    """Number of row dimensions of a field."""
    return 1 if mapping.layout in ONE_DIMENSION else 2


def row_sizes(fields: Mapped[str, Tensor], mapping: Mapping) -> torch.Size:
    """Sizes of the dimensions that count rows: of the first field that is mapped, else those that all fields share."""
    rank = rows_rank(mapping)
    for target in TARGETS:
        if target in mapping.fields:
            value = find(fields, mapping.fields[target], f"mapping.fields.{target}")
            if value.dim() < rank or 0 in value.shape[:rank]:
                shape = "rows [N]" if rank == 1 else "two dimensions, of sequences and steps, none of them empty"
                raise BatchError(
                    "mapping.layout",
                    f"{mapping.fields[target]} of shape {list(value.shape)}",
                    shape,
                    "choose another layout",
                )
            return value.shape[:rank]
    shared = {value.shape[:rank] for value in fields.values() if value.dim() >= rank}
    if len(shared) == 1 and 0 not in (sizes := shared.pop()):
        return sizes
    raise BatchError("mapping.fields", "none", f"at least one of {', '.join(TARGETS)}", "name the field of the file")


def find(fields: Mapped[str, Tensor], source: str, where: str) -> Tensor:
    """Return a field of the file; the error lists the existing ones."""
    if source not in fields:
        raise BatchError(where, f"{source[:60]!r}", f"a field of the file: {listed(fields, 'none')}", "choose one")
    return fields[source]


def rows_of(fields: Mapped[str, Tensor], source: str, where: str, sizes: torch.Size) -> Tensor:
    """One entry per row of the file."""
    value = find(fields, source, where)
    rank = len(sizes)
    if value.shape[:rank] != sizes:
        raise BatchError(
            where,
            f"{source} of shape {list(value.shape)}",
            f"{list(sizes)} first, as the other fields have",
            "choose another field or layout",
        )
    return value.flatten(0, rank - 1)


def columns_of(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size, note: Note) -> dict[str, Column]:
    """Every field of the batch: mapped fields, then kept ones."""
    in_time = mapping.layout != "items"
    read: dict[str, Column] = {}
    for target in (target for name, target in TARGETS.items() if name in mapping.fields):
        source = mapping.fields[target.name]
        rows = rows_of(fields, source, f"mapping.fields.{target.name}", sizes)
        shifted = in_time and (
            source in mapping.shifted or (target.of_transition and mapping.is_with_state(target.name))
        )
        values = convert(rows, target.name, source, note)
        if source in mapping.inverted:
            values = invert_flags(values, f"mapping.fields.{target.name}", source, note)
        elif source in mapping.step_types:
            values = last_steps(values, f"mapping.fields.{target.name}", source, note)
        if source.rpartition(".")[2] in HEAD_NAMES.get(target.name, ()):
            note(f"`{source}` holds one value per action: read as the head `{target.name}`.")
        read[target.name] = Column(target.group, (source,), values, shifted)
    ends = {name: read.pop(name) for name in ENDS if name in read}
    if ends:
        read["done"] = _done(ends, mapping, note)
    return {name: read[name] for name in FIELDS if name in read} | _carried(fields, mapping, sizes, note)


def _done(ends: dict[str, Column], mapping: Mapping, note: Note) -> Column:
    """One column of those that tell of ends."""
    if len({column.shifted for column in ends.values()}) == 2:
        raise BatchError("mapping.shifted", f"one of {' and '.join(ends)}", "both or none", "say the same of both")
    codes = done_codes({name: column.values for name, column in ends.items()})
    sources = {name: column.sources[0] for name, column in ends.items()}
    for sentence in describe_done(sources, codes, mapping):
        note(sentence)
    return Column(STEP_STREAM, (*sources.values(),), codes, next(iter(ends.values())).shifted)


def _carried(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size, note: Note) -> dict[str, Column]:
    """Fields that mean nothing to mouse, under their own names; where they cannot be, that is said."""
    rank = len(sizes)
    others = [name for name in fields if name not in mapping.fields.values() and name not in mapping.left_out]
    own = [name for name in others if name in FIELDS]
    used = {mapping.sequence}  # which may stand beside the rows
    misfit = [name for name in others if name not in own and fields[name].shape[:rank] != sizes and name not in used]
    if own:
        note(f"{listed(own, '')}: not mapped, so ignored; mouse uses this name itself.")
    if misfit:
        note(f"Dropped, because it does not start with the shape {list(sizes)}: {listed(misfit, '')}.")
    return {
        name: Column(
            STEP_STREAM,
            (name,),
            fields[name].flatten(0, rank - 1),
            mapping.layout != "items" and name in mapping.shifted,
        )
        for name in others
        if name not in own and fields[name].shape[:rank] == sizes
    }
