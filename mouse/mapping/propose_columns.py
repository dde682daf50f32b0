"""Propose the columns that number environments and sequences, count steps and mark ends, by their values."""

import dataclasses
from collections.abc import Mapping as Mapped

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.agreement import codes, pair_codes
from mouse.evidence.boundaries import episode_of_rows
from mouse.evidence.counters import distinct
from mouse.mapping.apply import Plan
from mouse.mapping.columns import row_sizes
from mouse.mapping.ends import end_flags
from mouse.mapping.evidence import next_pairs, observation
from mouse.mapping.flags import MOSTLY, RARE, Meaning, is_among, is_flag, meaning, meaning_of_opposite
from mouse.mapping.gaps import written_rows
from mouse.mapping.interleaved import interleaves
from mouse.mapping.mapping import Mapping
from mouse.mapping.names import ENVIRONMENTS, SEQUENCES, STEPS, names_start, names_time_limit, short_names, strip_prefix
from mouse.mapping.roles import Roles, roles
from mouse.mapping.turns import turns
from mouse.mapping.values import row_ids
from mouse.wording import listed

TURNS = (
    "`{name}` repeats every {count} rows: does it number interleaved environments, or the steps of episodes of one"
    " length? Read as environments."
)
IRREGULAR = (
    "`{name}` comes again in no fixed order: does it number interleaved environments, each of which goes on at its own"
    " next row? Read as environments."
)
BESIDE = (
    "`{name}` divides the rows without a rest: does it tell where episodes begin or end, or how long they are? Read as"
    " episodes."
)
StepColumns = tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]
"""Observations, next observations, actions and ends of rows."""
MIN_EPISODES = 8
"""Fewer numbers may divide the rows by chance, as sizes of layers do."""
IN_TURN = (
    "Do {num_envs} environments take turns row by row, as in a flattened rollout? The observation of a row goes on"
    " {num_envs} rows later, not in the next row. Read so."
)
WHICH = "Which field numbers the episodes? {names} change rarely and never repeat. Read as none."
FLAG = (
    "Does {names} mark ends of episodes? Nothing in the file proves it, and no other field marks {what}. Read as"
    " another field: map it to done, terminated or truncated if it does."
)


def with_columns(fields: Mapped[str, Tensor], mapping: Mapping, rows: int, questions: dict[str, str]) -> Mapping:
    """Find what numbers environments and sequences and counts steps in a flat table of so many rows."""
    free = [name for name in fields if name not in _transition(mapping) and mapping.state_of(name) is None]
    whole = {name: found for name in free if (found := _whole(fields[name], rows)) is not None}
    columns = {name: values for name, values in whole.items() if not is_flag(fields[name], torch.Size([rows]))}
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
    after = None if obs is None else next_pairs(fields, mapping, sizes).get(obs)
    shown = None if obs is None else fields[obs][where]
    reached = None if after is None else fields[after][where]
    end = _ends(fields, mapping, rows, where)
    acted = fields.get(mapping.fields.get("action", ""))
    acted = acted[where] if acted is not None and len(acted) == rows else None
    found = roles({name: values[where] for name, values in columns.items()}, shown, reached, end)
    environment = _environment(found, columns, {step, sequence}, questions)
    if found.environment is None and shown is not None:
        others = {name: values[where] for name, values in whole.items() if name not in {step, sequence, obs}}
        ordered = environment is not None or _are_unique(columns.get(sequence or ""), columns.get(step or ""))
        irregular = _irregular(others, (shown, reached, acted, end), questions, ask=not ordered)
        if irregular is not None and irregular != environment:
            environment = irregular
            known = {name: values[where] for name, values in columns.items()} | {irregular: others[irregular]}
            found = roles(known, shown, reached, end, irregular)
    if sequence is None and found.candidates:
        questions["sequence"] = WHICH.format(names=listed(found.candidates, ""))
    sequence = sequence or found.sequence
    step = step if step is not None and sequence is not None else found.step
    if environment in {sequence, step}:
        environment = None
    if kept is None and sequence is step is environment is None:
        sequence = _beside_rows(fields, rows, end, questions)
    num_envs = 1
    if sequence is step is environment is None and not found.candidates and shown is not None:
        num_envs = _num_envs((shown, reached, acted, end), questions)
    return dataclasses.replace(mapping, environment=environment, num_envs=num_envs, sequence=sequence, step=step)


def _num_envs(steps: StepColumns, questions: dict[str, str]) -> int:
    """How many environments take turns where no column says so; a question unless next observations prove it."""
    found = turns(*steps)
    if found is None:
        return 1
    if not found.proven:
        questions["num_envs"] = IN_TURN.format(num_envs=found.num_envs)
    return found.num_envs


def _beside_rows(fields: Mapped[str, Tensor], rows: int, end: Tensor | None, questions: dict[str, str]) -> str | None:
    """The field that tells of each episode where it begins or ends, or how long it is.

    Known ends prove or disprove that. Without them many numbers that divide the rows without a rest do, fewer are a
    question.
    """
    for name, values in fields.items():
        episode = episode_of_rows(values, rows)
        if episode is None:
            continue
        begins = episode.diff() != 0
        ends = () if end is None else (begins[end[:-1]], begins[end[1:]])  # before the first row of the next, or in it
        known = [each for each in ends if each.numel()]
        if known and max(float(each.double().mean()) for each in known) < MOSTLY:
            continue
        if not known and (int(values[0]) == 0 or len(values) < MIN_EPISODES):
            questions["sequence"] = BESIDE.format(name=name)
        return name
    return None


def _environment(
    found: Roles, columns: Mapped[str, Tensor], named: set[str | None], questions: dict[str, str]
) -> str | None:
    """The column that numbers environments in turn; a question where neither its values nor its name settle it."""
    if found.turns is None:
        return found.environment
    if any(each in strip_prefix(found.turns).lower() for each in ENVIRONMENTS):
        return found.turns
    if found.turns in named:
        return None
    questions["environment"] = TURNS.format(name=found.turns, count=len(distinct(columns[found.turns])))
    return found.turns


def _irregular(
    columns: Mapped[str, Tensor],
    steps: StepColumns,
    questions: dict[str, str],
    *,
    ask: bool,
) -> str | None:
    """The column that numbers environments in no fixed order; of several, the one that tells most of them apart."""
    obs, after, action, end = steps
    never = torch.zeros(len(obs), dtype=torch.bool)
    judged = {
        name: interleaves(values, obs, after, action, never if end is None else end) for name, values in columns.items()
    }
    proven = [name for name, answer in judged.items() if answer == "yes"]
    if proven:
        questions.pop("environment", None)
        return max(proven, key=lambda name: len(distinct(columns[name])))
    called = [name for name in columns if any(each in strip_prefix(name).lower() for each in ENVIRONMENTS)]
    unsure = [name for name, answer in judged.items() if answer == "likely" or (answer == "unknown" and name in called)]
    name = unsure[0] if ask and unsure else None
    if name is not None:
        questions["environment"] = IRREGULAR.format(name=name)
    return name


def _are_unique(sequence: Tensor | None, step: Tensor | None) -> bool:
    """Whether no two rows share both numbers, of sequence and step: no environment is needed to order them then."""
    return (
        sequence is not None
        and step is not None
        and len(distinct(pair_codes(codes(sequence), codes(step)))) == len(step)
    )


def _transition(mapping: Mapping) -> set[str]:
    return {source for target, source in mapping.fields.items() if target != "time"}


def _whole(value: Tensor, rows: int) -> Tensor | None:
    """A column of whole numbers, one a row."""
    if value.shape[:1].numel() != value.numel() or value.numel() != rows or value.is_complex():
        return None
    if value.dtype == torch.bool:
        return value.flatten().long()
    try:
        return row_ids(value, "", "", lambda _note: None)
    except BatchError:
        return None


def _ends(fields: Mapped[str, Tensor], mapping: Mapping, rows: int, where: Tensor) -> Tensor | None:
    flags = [flag.flatten() for flag in end_flags(fields, mapping).values() if flag.numel() == rows]
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
    sizes = row_sizes(fields, mapping)
    total = sizes.numel()
    known = {name: flag.flatten()[order] for name, flag in end_flags(fields, mapping).items() if flag.numel() == total}
    others = {
        name: value.flatten()[order] != 0
        for name, value in fields.items()
        if name not in mapping.fields.values()
        and name not in {mapping.sequence, mapping.step, mapping.environment}
        and (tried.gaps.padding is None or name != tried.gaps.padding.source)
        and is_flag(value, sizes)
    }
    usually_set = {name for name, flag in others.items() if float(flag.double().mean()) > RARE}
    others |= {name: ~others[name] for name in usually_set}
    marks: dict[str, Meaning] = {}
    for name in sorted(others, key=lambda each: -int(others[each].sum())):
        mark = meaning(others[name], begins, known)
        if name in usually_set:
            mark = meaning_of_opposite(name, mark, others[name], known)
        elif names_time_limit(name) and "truncated" not in known and is_among(others[name], known.get("done")):
            mark = "truncated"
        marks[name] = mark
        if mark in {"done", "terminated", "truncated"} and mark not in known:
            known[mark] = others[name]
            inverted = (*mapping.inverted, *([name] if name in usually_set else ()))
            mapping = dataclasses.replace(mapping, fields={**mapping.fields, mark: name}, inverted=inverted)
        elif mark == "first" and mapping.sequence is None and mapping.layout == "flat":
            mapping = dataclasses.replace(mapping, sequence=name)
    unsure = [name for name, mark in marks.items() if mark == "open"]
    starts = next((name for name in unsure if names_start(name) and not known), None)
    if starts is not None:
        return dataclasses.replace(mapping, fields={**mapping.fields, "done": starts})
    if unsure and "done" not in known:
        what = "other ends" if known else "ends"
        questions["ends"] = FLAG.format(names=listed([f"`{name}`" for name in unsure], ""), what=what)
    return mapping
