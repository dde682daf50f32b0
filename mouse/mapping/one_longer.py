"""Files with one more state than transitions: T actions lead through T + 1 observations."""

from collections.abc import Mapping as Mapped
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping.evidence import is_observation
from mouse.mapping.mapping import Layout, Mapping
from mouse.mapping.naming import ALWAYS_SCALAR
from mouse.mapping.target import TARGETS
from mouse.wording import first_names

LAYOUTS: dict[tuple[int, int], Layout] = {(1, 0): "flat", (2, 0): "time_major", (2, 1): "sequences"}
"""By how many dimensions count rows, and which of them counts states."""


class OneLonger(NamedTuple):
    """Fields of states and of transitions, brought to equal length."""

    fields: dict[str, Tensor]
    layout: Layout
    """What the longer dimension tells."""
    transitions: tuple[str, ...]
    """Fields that were made longer: they stand with the state that they leave, and the last state leaves none."""
    note: str

    def with_shifted(self, mapping: Mapping) -> Mapping:
        """The mapping that shifts what was made longer."""
        known = {*mapping.fields.values(), *mapping.shifted}
        return replace(mapping, shifted=(*mapping.shifted, *(name for name in self.transitions if name not in known)))


def one_longer(fields: Mapped[str, Tensor], named: Mapped[str, str]) -> OneLonger | None:
    """Find fields that have one row more than the fields of transitions; None where there are none.

    Transitions get an empty last row. Where a head or another field of states is as short as they are, the last state
    is left out instead.

    Shapes: fields ``[B, T + 1, ...]`` and ``[B, T, ...]``, time-major ones, or ``[T + 1, ...]`` and ``[T, ...]``.
    """
    moved = [fields[source] for target, source in named.items() if TARGETS[target].of_transition and source in fields]
    known = [target for target in (*ALWAYS_SCALAR, "action") if target in named and TARGETS[target].of_transition]
    if not known or named[known[0]] not in fields:
        return None
    base = fields[named[known[0]]]
    rank = min(base.dim() - int(base.dim() > 1 and base.shape[-1] == 1), 2)
    sizes = base.shape[:rank]
    if not rank or any(value.shape[:rank] != sizes for value in moved):
        return None
    found = [
        (axis, longer)
        for axis in range(rank)
        if (longer := [name for name, value in fields.items() if value.shape[:rank] == _longer(sizes, axis)])
    ]
    if len(found) != 1 or (rank == 1 and not any(is_observation(name) for name in found[0][1])):
        return None
    axis, longer = found[0]
    shorter = tuple(name for name, value in fields.items() if value.shape[:rank] == sizes)
    of_states = [source for target, source in named.items() if not TARGETS[target].of_transition and source in shorter]
    more = f"{first_names(longer, '`')} {'has' if len(longer) == 1 else 'have'} one step more than `{named[known[0]]}`"
    if of_states:
        cut = {name: fields[name].narrow(axis, 0, sizes[axis]) for name in longer}
        note = f"{more}: the last one is left out, as {first_names(of_states, '`')} has none there."
        return OneLonger({**fields, **cut}, LAYOUTS[rank, axis], (), note)
    filled = {name: _with_empty_row(fields[name], axis) for name in shorter}
    note = f"{more}: each transition leads from one of its states to the next."
    return OneLonger({**fields, **filled}, LAYOUTS[rank, axis], shorter, note)


class MatchedFields(NamedTuple):
    """A file with fields of equal length, and its mapping."""

    fields: Mapped[str, Tensor]
    mapping: Mapping
    notes: tuple[str, ...] = ()
    has_last_state: bool = False
    """Whether each sequence ends with a state that no transition of the file leaves."""


def match_lengths(fields: Mapped[str, Tensor], mapping: Mapping) -> MatchedFields:
    """Make fields as long as each other, and shift all that were made longer.

    Raises:
        BatchError: the mapping says that a transition stands with the state it led to, which has one step more.
    """
    found = one_longer(fields, mapping.fields)
    if found is None or found.layout != mapping.layout:
        return MatchedFields(fields, mapping)
    late = [
        source
        for target, source in mapping.fields.items()
        if TARGETS[target].of_transition and not mapping.is_with_state(target)
    ]
    if late:
        raise BatchError(
            "mapping.alignment",
            f"next_state of {first_names(late, '`')}",
            f"state, because {found.note.partition(':')[0]}",
            "choose state, or cut the first step off the longer fields",
        )
    shifted = found.with_shifted(mapping)
    return MatchedFields(found.fields, shifted, (found.note,), has_last_state=bool(found.transitions))


def _longer(sizes: torch.Size, axis: int) -> torch.Size:
    return torch.Size(size + (number == axis) for number, size in enumerate(sizes))


def _with_empty_row(values: Tensor, axis: int) -> Tensor:
    return torch.cat([values, torch.zeros_like(values.narrow(axis, 0, 1))], axis)
