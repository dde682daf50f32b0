"""Apply a mapping: turn the fields of a file into `step_stream` and `out`, with a note on every decision."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.boundaries import episode_of_rows
from mouse.evidence.counters import counter_restarts, in_runs
from mouse.losses.fields import OUT, STEP_STREAM
from mouse.mapping.asynchronous import check_environments
from mouse.mapping.columns import Column, columns_of, find, row_sizes, rows_of
from mouse.mapping.descriptions import describe_gaps, describe_rows, describe_shift, describe_transitions
from mouse.mapping.doubts import Addresses, Doubt, end_doubts, order_doubts
from mouse.mapping.ends import ENDS
from mouse.mapping.evidence import next_pairs, observation
from mouse.mapping.facts import FileFacts, file_facts
from mouse.mapping.gaps import Gaps, gaps
from mouse.mapping.mapping import Mapping
from mouse.mapping.one_longer import match_lengths
from mouse.mapping.rows import Rows, in_order
from mouse.mapping.step_types import episode_of
from mouse.mapping.transition_pairs import pair_columns, pair_rows
from mouse.mapping.values import row_ids
from mouse.mapping.whole_episodes import ends_in_last_rows
from mouse.mapping.windows import windows

ANEW = "`{name}` begins anew: its rows are {parts} recordings, one after the other, each with numbers of its own."


class Plan(NamedTuple):
    """The result of a mapping, before anything large is copied."""

    columns: dict[str, Column]
    """Fields of the batch, by name."""
    rows: Rows
    """Which rows of the file the batch shows."""
    notes: tuple[str, ...]
    """Every decision that was taken, one sentence each."""
    order_evidence: tuple[int, int] | None
    """In how many running steps the file's next observation is that of the row after, and in how many it was looked
    for; None where the file does not tell."""
    doubts: tuple[Doubt, ...]
    """What speaks against the file or the mapping, with its rows, where `plan` looked for it."""
    facts: FileFacts | None
    """What is in the file; None where its rows are in no order of time."""
    gaps: Gaps
    """Where rows of the file do not follow one another."""

    def batch(self) -> tuple[TensorDict, TensorDict]:
        """Bring every column into the windows: `step_stream` and `out`."""
        groups: dict[str, dict[str, Tensor]] = {STEP_STREAM: {}, OUT: {}}
        for name, column in self.columns.items():
            groups[column.group][name] = self.rows.take(
                column.values, shifted=column.shifted, next_state=column.next_state
            )
        shape = self.rows.index.shape
        return TensorDict(groups[STEP_STREAM], batch_size=shape), TensorDict(groups[OUT], batch_size=shape)


def apply(fields: Mapped[str, Tensor], mapping: Mapping) -> tuple[TensorDict, TensorDict]:
    """Make `step_stream` and `out` of the fields of a file.

    Fields that belong to a transition are shifted by one where they are stored with the state it leaves; the first row
    of a sequence, which nothing in the file led to, then holds 0 in them. `plan` tells every decision in words.

    Shapes: ``fields`` [B, S, ...], [S, B, ...] or [N, ...], as the mapping's layout says; result [B, S, ...].

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields; `field` names its part, such as
            ``mapping.fields.reward``.
    """
    return arrange(fields, mapping).batch()


def plan(fields: Mapped[str, Tensor], mapping: Mapping, first_row: int = 0) -> Plan:
    """Decide which row and field of a file goes where, and tell what speaks against it.

    Args:
        fields: fields of a file, or of some rows of it that follow one another.
        mapping: how they become a batch.
        first_row: row of the file that the fields begin with, from which doubts count.

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields.
    """
    arranged = arrange(fields, mapping)
    columns, rows, facts = arranged.columns, arranged.rows, arranged.facts
    if facts is None:  # rows in no order of time
        return arranged
    matched = match_lengths(fields, mapping)
    fields, mapping = matched.fields, matched.mapping
    sizes = row_sizes(fields, mapping)
    obs = observation(fields, mapping, sizes)
    shown = None if obs is None else rows_of(fields, obs, "", sizes)
    at = Addresses(rows, first_row)
    ordered = order_doubts(arranged.gaps, at, columns, mapping, shown)
    doubts = (*ordered, *end_doubts(arranged.gaps, at, columns, facts))
    return arranged._replace(doubts=doubts)


def arrange(fields: Mapped[str, Tensor], mapping: Mapping) -> Plan:
    """Decide which row and field of a file goes where; its `doubts` are empty, as none are looked for.

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields.
    """
    _check_names(fields, mapping)
    matched = match_lengths(fields, mapping)
    fields, mapping, notes = matched.fields, matched.mapping, [*matched.notes]
    sizes = row_sizes(fields, mapping)
    columns = columns_of(fields, mapping, sizes, notes.append)

    def order_by(where: str, source: str) -> Tensor:
        beside = episode_of_rows(fields[source], sizes.numel()) if where == "sequence" and source in fields else None
        if beside is not None:
            notes.append(f"`{source}` tells beside the rows where each of {int(beside[-1]) + 1:,} episodes begins.")
            return beside
        values = row_ids(rows_of(fields, source, f"mapping.{where}", sizes), f"mapping.{where}", source, notes.append)
        if where == "sequence" and source in mapping.step_types:
            return episode_of(values)
        if where == "sequence" and _begins(values, mapping):
            return values.cumsum(0)
        if where == "sequence" and mapping.environment is None and mapping.num_envs == 1:
            anew = counter_restarts(values)
            notes.extend([] if anew is None else [ANEW.format(name=source, parts=int(anew.sum()) + 1)])
        return values

    sequences = in_order(mapping, sizes, order_by)
    if mapping.sequence is not None:
        columns = ends_in_last_rows(columns, sequences, notes.append)
    found = gaps(fields, mapping, sequences, sizes, columns)
    check_environments(fields, mapping, sizes, found.sequences, found.ended)
    if mapping.layout == "transitions":
        columns, rows = pair_columns(columns, mapping, notes.append), pair_rows(found.sequences.order)
        notes += (*describe_gaps(found, mapping), *describe_transitions(columns, rows))
        return Plan(columns, rows, tuple(notes), None, (), None, found)
    rows = windows(found.stretches, mapping)
    if rows.final is not None:
        columns = _with_next_state(fields, mapping, sizes, columns)
    notes += describe_gaps(found, mapping)
    notes += describe_rows(found, rows, mapping)
    if mapping.layout == "items":
        return Plan(columns, rows, tuple(notes), None, (), None, found)
    facts = file_facts(found, rows, columns, has_last_state=matched.has_last_state)
    notes += describe_shift(columns, rows, facts)
    return Plan(columns, rows, tuple(notes), _order_evidence(found), (), facts, found)


def _begins(values: Tensor, mapping: Mapping) -> bool:
    """Whether a column is no number of sequences, but true where one begins."""
    flag = mapping.step is None and bool(values[0] == 1) and bool(((values == 0) | (values == 1)).all())
    return flag and not in_runs(values) and not bool((values[1:] & values[:-1]).any())


def _order_evidence(found: Gaps) -> tuple[int, int] | None:
    running = ~found.sequences.first[1:] & ~found.ended
    if found.order_evidence is None or not bool(running.any()):
        return None
    return int((found.order_evidence.same & running).sum()), int(running.sum())


def _with_next_state(
    fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size, columns: dict[str, Column]
) -> dict[str, Column]:
    """Columns with what they are in the state after each row, as far as that is known."""
    after = {own: fields[name].flatten(0, len(sizes) - 1) for own, name in next_pairs(fields, mapping, sizes).items()}
    for name, column in columns.items():
        if {*column.sources} & {mapping.sequence, mapping.environment}:
            after[name] = column.values
        elif name == "time" or mapping.step in column.sources:
            after[name] = column.values + 1
    return {name: column._replace(next_state=after.get(name)) for name, column in columns.items()}


def _check_names(fields: Mapped[str, Tensor], mapping: Mapping) -> None:
    """What is said of a field that is not there, or where it means nothing, is a mistake."""
    for where in ("shifted", "left_out"):
        for name in getattr(mapping, where):
            find(fields, name, f"mapping.{where}")
    for own, after in mapping.next_states.items():
        shapes = [list(find(fields, name, "mapping.next_states").shape) for name in (own, after)]
        if shapes[0] != shapes[1] or own == after:
            found, expected = (
                f"{after!r:.60} of shape {shapes[1]}",
                f"another field of shape {shapes[0]}, as {own!r:.60} has",
            )
            raise BatchError("mapping.next_states", found, expected, "choose another field, or leave it out")
    ends = {mapping.fields[name] for name in ENDS if name in mapping.fields}
    for where in ("inverted", "step_types"):
        for name in getattr(mapping, where):
            if name not in ends:
                expected, fix = f"a field mapped to {', '.join(ENDS)}", "map it, or leave it out here"
                raise BatchError(f"mapping.{where}", repr(name[:60]), expected, fix)
    for where in ("environment", "sequence", "step"):
        source = getattr(mapping, where)
        if source is not None and mapping.layout != "flat":
            raise BatchError(f"mapping.{where}", repr(source[:60]), "none without layout flat", "leave it out")
    if mapping.num_envs > 1 and (mapping.layout != "flat" or mapping.environment is not None):
        beside = f"environment {mapping.environment[:60]!r}" if mapping.environment else f"layout {mapping.layout}"
        found = f"{mapping.num_envs} beside {beside}"
        raise BatchError("mapping.num_envs", found, "1, but for flat rows without a field environment", "leave it out")
