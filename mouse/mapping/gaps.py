"""Find which rows follow one another in time: ids, counters, next observations, and rows that were never written."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.sampling import row_numbers
from mouse.evidence.unwritten import Written, all_zero, written
from mouse.mapping.columns import Column
from mouse.mapping.evidence import OrderEvidence, next_pairs, order_evidence
from mouse.mapping.mapping import Mapping
from mouse.mapping.names import CURSORS, strip_prefix
from mouse.mapping.padding import Padding, padding
from mouse.mapping.rows import Sequences
from mouse.mapping.target import TARGETS
from mouse.mapping.windows import Stretches

WIDE = 64
"""Fields of more numbers are looked at in rows alone where all others are zero."""


class Gaps(NamedTuple):
    """Where rows of a file do not follow one another, and what was found on the way."""

    stretches: Stretches
    """Rows between two gaps."""
    sequences: Sequences
    """Rows as ids and counters sort them, before next observations are asked."""
    order_evidence: OrderEvidence | None
    """What next observations say of them."""
    breaks: Bool[Tensor, " pair"]
    """Where a running step does not lead to the row after."""
    ended: Bool[Tensor, " pair"]
    """Where a known end of an episode stands between two rows."""
    written: Written | None
    """Which rows were written, where not all of them were."""
    padding: Padding | None
    """Which rows of padded sequences are steps."""


def written_rows(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size) -> Written | None:
    """Find rows that were never written, and parts that were filled on their own; None where every row is one.

    A row is a step of every environment where those are a dimension.
    """
    if mapping.layout == "sequences":
        return None
    rows = sizes[0]
    inside = {name: value for name, value in fields.items() if value.shape[: len(sizes)] == sizes}
    beside = {name: value for name, value in fields.items() if name not in inside and value.numel() <= rows}
    narrow = [value for value in inside.values() if value[0].numel() <= WIDE * sizes[1:].numel()]
    zero = all_zero(narrow, rows)
    place = zero.nonzero().flatten()
    for value in inside.values():
        if len(place) and value[0].numel() > WIDE * sizes[1:].numel():
            zero[place] &= row_numbers(value[place] == 0).all(dim=1)
    found = written(zero, beside)
    seam = next((int(value) for name, value in beside.items() if value.numel() == 1 and _is_cursor(name)), 0)
    if found is None and 0 < seam < rows:
        return Written(torch.ones(rows, dtype=torch.bool), None, (0, seam))
    return found


def _is_cursor(name: str) -> bool:
    return strip_prefix(name).rpartition(".")[2].strip("_").lower() in CURSORS


def gaps(
    fields: Mapped[str, Tensor],
    mapping: Mapping,
    sequences: Sequences,
    sizes: torch.Size,
    columns: Mapped[str, Column],
) -> Gaps:
    """Cut sequences wherever a row does not lead to the next one."""
    padded = padding(fields, mapping, sizes)
    found = None if padded is not None or mapping.layout == "items" else written_rows(fields, mapping, sizes)
    if padded is not None:
        sequences = sequences.only(padded.steps)
    if found is not None:
        sequences = _without(sequences, found, mapping, sizes)
    ended = _ended(sequences, columns.get("done"))
    follows = None if mapping.layout in {"items", "transitions"} else order_evidence(fields, mapping, sequences, sizes)
    inside = ~sequences.first[1:]
    breaks = torch.zeros_like(inside)
    if follows is not None:
        running = inside & ~ended
        breaks = running & ~follows.same
        if 2 * int(breaks.sum()) > int(running.sum()):  # then they are no evidence of single rows
            breaks = torch.zeros_like(inside)
    first = sequences.first.clone()
    first[1:] |= breaks
    if mapping.windows != "within":
        first[1:] &= ~ended | sequences.apart[1:]
    stretches = _with_final(sequences._replace(first=first), fields, mapping, sizes, columns)
    return Gaps(stretches, sequences, follows, breaks, ended, found, padded)


def _without(sequences: Sequences, found: Written, mapping: Mapping, sizes: torch.Size) -> Sequences:
    """Take out rows that were never written; a part that was filled on its own begins a sequence."""
    rows = found.rows
    starts = torch.zeros_like(rows)
    starts[[*found.parts]] = True
    if mapping.layout == "time_major":
        rows, starts = (each.unsqueeze(1).expand(sizes).flatten() for each in (rows, starts))
    in_file_order = mapping.layout != "flat" or bool((sequences.order.diff() > 0).all())
    begins = starts[sequences.order] & (in_file_order & (torch.arange(len(rows)) > 0))
    return Sequences(sequences.order, sequences.first | begins, sequences.apart | begins).only(rows)


def _ended(sequences: Sequences, done: Column | None) -> Bool[Tensor, " pair"]:
    """Where a transition from a row to the next one ends an episode."""
    if done is None:
        return torch.zeros_like(sequences.first[1:])
    code = done.values[sequences.order] != 0
    return code[:-1] if done.shifted else code[1:]


def _with_final(
    sequences: Sequences, fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size, columns: Mapped[str, Column]
) -> Stretches:
    """Add the file's last next observation of each stretch as a row, where that is all that a state consists of."""
    order, first = sequences.order, sequences.first
    nothing = torch.zeros_like(first)
    moved = {name: column for name, column in columns.items() if name in TARGETS and TARGETS[name].of_transition}
    on_state = [name for name in columns if name in TARGETS and name not in moved and name != "time"]
    known = (
        (mapping.layout == "flat" or mapping.windows == "chained")
        and next_pairs(fields, mapping, sizes)
        and moved
        and not on_state
    )
    if not known or int(first.sum()) == 1 or not all(column.shifted for column in moved.values()):
        return Stretches(sequences, nothing)
    last = torch.cat([first[1:], first.new_ones(1)])
    place = torch.arange(len(order)).repeat_interleave(last.long() + 1)
    final = torch.zeros_like(place, dtype=torch.bool)
    final[1:] = place[1:] == place[:-1]
    begins = first[place] & ~final
    return Stretches(Sequences(order[place], begins, begins), final)
