"""Proposing the columns of a table that number environments and sequences, count steps and mark ends, by values."""

import dataclasses
from collections.abc import Mapping as Mapped

import torch
from torch import Tensor

from mouse.errors import BatchError, listed
from mouse.evidence.counters import distinct
from mouse.mapping.apply import Plan
from mouse.mapping.ends import ENDS
from mouse.mapping.evidence import base, next_pairs, observation
from mouse.mapping.flags import Meaning, is_flag, meaning
from mouse.mapping.follow import written_rows
from mouse.mapping.mapping import Mapping
from mouse.mapping.names import ENVIRONMENTS, SEQUENCES, STEPS, bare, short_names
from mouse.mapping.roles import roles
from mouse.mapping.values import per_row

TURNS = (
    "`{name}` comes again every {count} rows: does it number environments whose rows stand in turn, or the steps of"
    " episodes of one length? Taken as environments."
)
WHICH = "Which field numbers the episodes? {names} change rarely and never come again. Taken as none."
FLAG = (
    "Does {names} mark ends of episodes? Nothing in the file proves it, and no other field tells of {what}. Taken as"
    " something else: map it to done, terminated or truncated if it does."
)


def with_columns(fields: Mapped[str, Tensor], mapping: Mapping, rows: int, questions: dict[str, str]) -> Mapping:
    """Find what numbers environments and sequences and counts steps in a flat table of so many rows."""
    columns = {
        name: whole
        for name, value in fields.items()
        if name not in _transition(mapping)
        and not is_flag(value, rows)
        and base(name) is None
        and (whole := _whole(value, rows)) is not None
    }
    by_name = {
        short: name
        for short, name in short_names(fields).items()
        if fields[name].shape[:1].numel() == fields[name].numel() == rows
    }
    sequence, step = (next((by_name[name] for name in known if name in by_name), None) for known in (SEQUENCES, STEPS))
    sizes = torch.Size([rows])
    kept = written_rows(fields, mapping, sizes)
    where = torch.ones(rows, dtype=torch.bool) if kept is None else kept.rows
    obs = observation(fields, mapping, sizes)
    after = None if obs is None else next_pairs(fields, sizes).get(obs)
    found = roles(
        {name: values[where] for name, values in columns.items()},
        None if obs is None else fields[obs][where],
        None if after is None else fields[after][where],
        _ends(fields, mapping, rows, where),
    )
    environment = found.environment
    if found.turns is not None:
        short = bare(found.turns).lower()
        if any(each in short for each in ENVIRONMENTS):
            environment = found.turns
        elif found.turns not in {step, sequence}:
            environment = found.turns
            count = len(distinct(columns[found.turns]))
            questions["environment"] = TURNS.format(name=found.turns, count=count)
    if sequence is None and found.candidates:
        questions["sequence"] = WHICH.format(names=listed(found.candidates, ""))
    sequence = sequence or found.sequence
    step = step if step is not None and sequence is not None else found.step
    if environment in {sequence, step}:
        environment = None
    return dataclasses.replace(mapping, environment=environment, sequence=sequence, step=step)


def _transition(mapping: Mapping) -> set[str]:
    return {source for target, source in mapping.fields.items() if target != "time"}


def _whole(value: Tensor, rows: int) -> Tensor | None:
    """A column of whole numbers, one a row."""
    if value.shape[:1].numel() != value.numel() or value.numel() != rows or value.dtype == torch.bool:
        return None
    try:
        return per_row(value, "", "", lambda _note: None)
    except BatchError:
        return None


def _ends(fields: Mapped[str, Tensor], mapping: Mapping, rows: int, where: Tensor) -> Tensor | None:
    found = [fields[mapping.fields[name]] for name in ENDS if name in mapping.fields]
    flags = [value.flatten() != 0 for value in found if value.numel() == rows]
    return torch.stack(flags).any(dim=0)[where] if flags else None


def with_flags(fields: Mapped[str, Tensor], mapping: Mapping, tried: Plan, questions: dict[str, str]) -> Mapping:
    """Find what flags mark that no name tells; what stays open is asked, where ends may be missing.

    `tried` is a plan of the mapping with windows within sequences, for order and gaps.
    """
    order, first, _apart = tried.gaps.sequences
    begins = first.clone()
    begins[1:] |= tried.gaps.breaks
    if mapping.sequence is None and mapping.step is None and not bool(tried.gaps.breaks.any()):
        begins = torch.zeros_like(first)
    total = tried.columns[next(iter(tried.columns))].values.shape[0]
    known = {
        name: fields[mapping.fields[name]].flatten()[order] != 0
        for name in ENDS
        if name in mapping.fields and fields[mapping.fields[name]].numel() == total
    }
    others = {
        name: value.flatten()[order] != 0
        for name, value in fields.items()
        if name not in mapping.fields.values()
        and name not in {mapping.sequence, mapping.step, mapping.environment}
        and is_flag(value, total)
    }
    marks: dict[str, Meaning] = {}
    for name in sorted(others, key=lambda each: -int(others[each].sum())):
        marks[name] = meaning(others[name], begins, known)
        mark = marks[name]
        if (mark == "done" and "done" not in known) or (mark == "terminated" and "terminated" not in known):
            known[mark] = others[name]
            mapping = dataclasses.replace(mapping, fields={**mapping.fields, mark: name})
        elif mark == "first" and mapping.sequence is None:
            mapping = dataclasses.replace(mapping, sequence=name)
    unsure = [name for name, mark in marks.items() if mark == "open"]
    if unsure and "done" not in known:
        what = "other ends" if known else "ends"
        questions["ends"] = FLAG.format(names=listed([f"`{name}`" for name in unsure], ""), what=what)
    return mapping
