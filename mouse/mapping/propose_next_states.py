"""Propose next-state fields whose names do not show it: proven by values, or asked."""

import dataclasses
import re
from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.evidence.agreement import codes
from mouse.evidence.counters import counts_rows, step_size
from mouse.evidence.sampling import first_rows
from mouse.mapping.mapping import Mapping
from mouse.mapping.names import current_state_name, may_be_next
from mouse.mapping.naming import ALWAYS_SCALAR

ROWS = 1 << 13
"""Rows at the beginning of a file that are compared."""
MIN_ROWS = 16
MOSTLY = 0.5
"""Share of rows whose next state is the state of the row after; elsewhere an episode ends."""
PAST = re.compile(r"(^|[._])(prev|previous|last|old)([._]|$)")
"""How a name says that a field is of the state before."""
PROVEN = "`{after}` is the next state of `{own}`: it is `{own}` of the row after in {same} of {moved} rows."
ASKED = (
    "Is `{after}` the next state of `{own}`? It is `{own}` of the row after in {same} of {moved} rows, but its name"
    " does not say so. Read so."
)
NAMED = (
    "Is `{after}` the next state of `{own}`, as its name may say? It is `{own}` of the row after in {same} of {moved}"
    " rows, which proves nothing: rows may be shuffled. Read so."
)


class NextRow(NamedTuple):
    """Whether a field is another one of the row after."""

    same: int
    """Rows in which it is."""
    moved: int
    """Rows in which it differs from the other one of its own row."""


def with_next_states(
    fields: Mapped[str, Tensor], mapping: Mapping, notes: list[str], questions: dict[str, str]
) -> Mapping:
    """Find the next states of fields; certain where name and values agree, a question where only one says so."""
    rank = _rank(fields, mapping)
    free = [name for name in fields if _is_free(name, fields, mapping, rank)]
    found: dict[str, str] = {}
    for own in free:
        if own in found.values() or PAST.search(own.lower()):
            continue
        alike = [name for name in free if name != own and _same_kind(fields[name], fields[own])]
        rows = {name: _next_row(fields[own], fields[name], rank) for name in alike}
        proven = [name for name, each in rows.items() if each.same >= MOSTLY * each.moved]
        called = [name for name in alike if may_be_next(name, own)]
        after = next((name for name in called if name in proven), None) or next(iter((*proven, *called)), None)
        if after is None or after in found.values():
            continue
        found[own] = after
        text = PROVEN if after in proven and after in called else ASKED if after in proven else NAMED
        sentence = text.format(after=after, own=own, **rows[after]._asdict())
        if text is PROVEN:
            notes.append(sentence)
        else:
            questions.setdefault("next_states", sentence)
    shifted = (*mapping.shifted, *(name for name in found.values() if name not in mapping.shifted))
    return dataclasses.replace(mapping, next_states=found, shifted=shifted) if found else mapping


def _rank(fields: Mapped[str, Tensor], mapping: Mapping) -> int:
    """How many dimensions count rows, by a field of one number a step."""
    scalar = next((fields[mapping.fields[name]] for name in ALWAYS_SCALAR if name in mapping.fields), None)
    if scalar is None:
        return 1
    return max(1, scalar.dim() - int(scalar.dim() > 1 and scalar.shape[-1] == 1))


def _is_free(name: str, fields: Mapped[str, Tensor], mapping: Mapping, rank: int) -> bool:
    """Whether a field may be a state, or a next one, that nothing is known of."""
    value = fields[name]
    if (
        name in mapping.fields.values()
        or current_state_name(name) is not None
        or value.dim() < rank
        or value.is_complex()
    ):
        return False
    if any(current_state_name(other) == name for other in fields) or min(value.shape[:rank]) < 2:
        return False
    sizes = [fields[source].shape[:rank] for source in mapping.fields.values()]
    if sizes and value.shape[:rank] not in sizes:
        return False
    one_number = value.numel() == value.shape[:rank].numel()
    if one_number and (value.dtype == torch.bool or value.is_floating_point()):
        return False  # a flag or a reward, more likely than a state
    if not one_number or rank > 1:
        return True
    number = value.flatten().long()
    return not counts_rows(number) and step_size(number) is None


def _same_kind(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype


def _next_row(own: Tensor, after: Tensor, rank: int) -> NextRow:
    """Count the rows whose `after` is the `own` of the next row, along the likelier dimension."""
    counted = [_along(own.transpose(0, place), after.transpose(0, place), rank) for place in range(rank)]
    best = max(counted, key=lambda each: each.same / max(1, each.moved))
    return best if best.moved >= MIN_ROWS else NextRow(0, max(1, best.moved))


def _along(own: Tensor, after: Tensor, rank: int) -> NextRow:
    """Count along the first dimension; numbers of wide fields are sampled."""
    halves = torch.stack([first_rows(value, ROWS, rank) for value in (own, after)])
    state, reached = codes(halves.flatten(0, rank)).view(halves.shape[:-1])
    moved = reached != state
    if not moved.any() or bool((reached[moved] == reached[moved][0]).all()):
        return NextRow(0, int(moved[:-1].sum()))  # one value is no state that anything leads to
    return NextRow(int(((reached[:-1] == state[1:]) & moved[:-1]).sum()), int(moved[:-1].sum()))
