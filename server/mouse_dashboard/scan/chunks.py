"""Cut a large file of rows into chunks that are mapped one at a time, which bounds the memory of a scan.

A mapping takes some hundred bytes for each row: its order in time, and what steps are compared by. A chunk begins where
an episode or a sequence begins, so that it is read as a file of its own.
"""

from collections import Counter
from collections.abc import Mapping as Mapped
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.counters import distinct
from mouse.evidence.unwritten import all_zero
from mouse.mapping import Mapping
from mouse.mapping.apply import arrange
from mouse.mapping.columns import find, row_sizes

CHUNK_STEPS = 1 << 19
"""Steps that are mapped at once."""
FIRST_SEARCH = 1 << 12
"""Rows that are looked through for the beginning of an episode, at first."""


def slice_rows(fields: Mapped[str, Tensor], rows: range) -> dict[str, Tensor]:
    """Some rows of every field; fields that are not per row are kept whole."""
    whole = count_rows(fields)
    return {
        name: value[rows.start : rows.stop] if value.dim() and len(value) == whole else value
        for name, value in fields.items()
    }


def count_rows(fields: Mapped[str, Tensor]) -> int:
    """The most common number of rows among the fields; 0 if no field has rows."""
    counts = Counter(len(value) for value in fields.values() if value.dim())
    return max(counts, key=lambda rows: (counts[rows], rows), default=0)


def first_chunk(fields: Mapped[str, Tensor]) -> dict[str, Tensor]:
    """The rows that a mapping is proposed from: the first rows of a large file, else all rows."""
    rows = count_rows(fields)
    return (
        dict(fields) if rows <= CHUNK_STEPS or _tell_of_rows(fields, rows) else slice_rows(fields, range(CHUNK_STEPS))
    )


def chunks(fields: Mapped[str, Tensor], mapping: Mapping) -> list[range]:
    """Cut the rows of a file, depending only on the file and its mapping; rows that were never written are dropped.

    Where windows run on from one episode into the next, the row that a chunk ends with is the first of the next chunk:
    no step lies between two. A file is one chunk where its rows are in another order than that of time, where numbers
    beside the rows tell of them, and where a dimension behind the first one counts sequences.

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields.
    """
    sizes = row_sizes(fields, mapping)
    rows, count = sizes[0], -(-sizes.numel() // CHUNK_STEPS)
    if count < 2 or rows < count or rows != count_rows(fields) or not _is_divisible(fields, mapping, rows):
        return [range(rows)]
    even = [rows * number // count for number in range(1, count)]
    cuts = [_next_start(fields, mapping, row) for row in even] if mapping.layout == "flat" else even
    shared = int(mapping.layout == "flat" and mapping.windows != "within")
    cut = [range(start, min(stop + shared, rows)) for start, stop in pairwise(sorted({0, *cuts, rows}))]
    return [each for each in cut if not _is_empty(fields, each)] or [range(rows)]


def _is_divisible(fields: Mapped[str, Tensor], mapping: Mapping, rows: int) -> bool:
    if mapping.layout == "time_major" or _tell_of_rows(fields, rows):
        return False
    if mapping.layout != "flat":
        return True
    return mapping.environment is None and mapping.num_envs == 1 and _in_order(fields, mapping)


def _tell_of_rows(fields: Mapped[str, Tensor], rows: int) -> bool:
    """Whether whole numbers stand beside the rows, such as where episodes begin, or a field has one row more."""
    beside = [value for value in fields.values() if not value.dim() or len(value) != rows]
    whole = [value for value in beside if not value.is_floating_point() and not value.is_complex()]
    counts = any(value.numel() > 1 or bool(((value > 1) & (value <= rows)).any()) for value in whole)
    return counts or any(value.dim() and len(value) == rows + 1 for value in beside)


def _in_order(fields: Mapped[str, Tensor], mapping: Mapping) -> bool:
    """Whether rows are stored sequence by sequence, each in time order."""
    if mapping.sequence is None or mapping.sequence in mapping.step_types:
        return True
    ids = find(fields, mapping.sequence, "mapping.sequence").flatten()
    steps = None if mapping.step is None else find(fields, mapping.step, "mapping.step").flatten()
    begins = [torch.zeros(1, dtype=torch.int64)]
    for start in range(0, len(ids) - 1, CHUNK_STEPS):
        stop = min(start + CHUNK_STEPS, len(ids) - 1) + 1
        changes = ids[start:stop].diff() != 0
        if steps is not None and bool(((steps[start:stop].long().diff() <= 0) & ~changes).any()):
            return False
        begins.append(changes.nonzero().flatten() + start + 1)
    numbers = ids[torch.cat(begins)].long()  # unsigned ones have no difference below 0
    if steps is not None:
        return bool((numbers.diff() > 0).all())
    return len(distinct(numbers)) == len(numbers) or _is_flag(numbers, ids)


def _is_flag(numbers: Tensor, ids: Tensor) -> bool:
    """Whether a column is true exactly where a sequence begins."""
    alternates = bool(((numbers == 0) | (numbers == 1)).all()) and bool(numbers[0] == 1)
    return alternates and int((ids != 0).sum()) == int((numbers != 0).sum())


def _next_start(fields: Mapped[str, Tensor], mapping: Mapping, row: int) -> int:
    """The next row that begins an episode or a sequence; the given row if none does for a long stretch."""
    whole = count_rows(fields)
    for width in (min(FIRST_SEARCH, CHUNK_STEPS), CHUNK_STEPS):
        looked_at = range(row - 1, min(row - 1 + width, whole))
        try:
            gaps = arrange(slice_rows(fields, looked_at), replace(mapping, windows="within", length=1)).gaps
        except BatchError:
            return row
        begins = gaps.sequences.order[1:][gaps.sequences.first[1:] | gaps.ended]
        if len(begins):
            return looked_at.start + int(begins[0])
    return row


def _is_empty(fields: Mapped[str, Tensor], rows: range) -> bool:
    """Whether rows were never written: every field is zero or a placeholder."""
    inside = (value for value in slice_rows(fields, rows).values() if value.dim() and len(value) == len(rows))
    return bool(all_zero(inside, len(rows)).all())
