"""The rows of a file as contiguous sequences in time order, before windows are cut."""

from typing import NamedTuple, cast

import torch
from jaxtyping import Int
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.evidence.agreement import codes
from mouse.evidence.counters import distinct
from mouse.evidence.sampling import row_numbers
from mouse.mapping.apply import Plan
from mouse.mapping.columns import Column
from mouse.mapping.evidence import is_observation
from mouse.mapping.gaps import Gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.rows import Rows, Sequences
from mouse.mapping.windows import ENOUGH, Stretches, windows

MOST_ROWS = 1 << 16
"""Of a file, so many of its first rows are put together: what bounds memory and time."""
MAX_NUMBERS = 64
"""Numbers of an observation; of a larger one so many are looked at, to tell equal ones from others."""
PARTS = 10
"""In which a stretch is cut at most, so that shorter ones are seen as well: what is left over is less than a tenth."""
READ = ("action", "reward", "done", "time", "sequence_id", "q_star")


class ContiguousRows(NamedTuple):
    """Rows of a file as sequences, as long as their contiguous stretches allow."""

    step_stream: TensorDictBase
    """What tells of order, episodes and alignment."""
    rows: Rows
    """Which rows of the file they are."""
    of: int
    """How many rows such sequences have, `MOST_ROWS` of which are looked at."""


def contiguous_rows(planned: Plan) -> ContiguousRows | None:
    """Put the rows of a file together as they lay before windows were cut; None where windows show as much of them.

    A sequence runs on after a known end, and is cut where a row does not lead to the next one.
    """
    if planned.facts is None:
        return None
    stretches = _stretches(planned.gaps)
    length = _length(stretches.lengths)
    if length <= planned.rows.index.shape[1]:
        return None
    of = _held(stretches.lengths, length)
    length = min(length, MOST_ROWS)
    nothing = torch.zeros_like(stretches.first)
    whole = windows(Stretches(stretches, nothing), Mapping(layout="flat", windows="across", length=length))
    rows = Rows(whole.index[: MOST_ROWS // length], whole.before[: MOST_ROWS // length])
    return ContiguousRows(_stream(planned, rows), rows, of)


def _stretches(found: Gaps) -> Sequences:
    first = found.sequences.first.clone()
    first[1:] |= found.breaks
    first[1:] &= ~found.ended | found.sequences.apart[1:]
    return found.sequences._replace(first=first)


def _length(lengths: Int[Tensor, " stretch"]) -> int:
    """The longest sequences that hold enough of the rows."""
    tried = distinct(torch.cat([lengths // parts for parts in range(1, PARTS + 1)])).flip(0)
    enough = ENOUGH * int(lengths.sum())
    return next(each for each in cast("list[int]", tried.tolist()) if each and _held(lengths, each) >= enough)


def _held(lengths: Int[Tensor, " stretch"], length: int) -> int:
    """How many rows sequences of a length hold."""
    return int((lengths // length).sum()) * length


def _stream(planned: Plan, rows: Rows) -> TensorDict:
    fields = {
        name: rows.take(column.values, shifted=column.shifted) if name in READ else _observation(column, rows)
        for name, column in planned.columns.items()
        if name in READ or is_observation(name)
    }
    return TensorDict(fields, batch_size=rows.index.shape)


def _observation(column: Column, rows: Rows) -> Tensor:
    """An observation; a large one as a number for each that differs, which is all that is asked of it."""
    wide = row_numbers(column.values)
    every = -(-wide.shape[1] // MAX_NUMBERS)
    shown = rows.take(wide[:, ::every], shifted=column.shifted)
    return shown if every <= 1 else codes(shown.flatten(0, 1)).view(rows.index.shape)
