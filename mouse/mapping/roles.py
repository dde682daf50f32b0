"""Detect the columns that number environments and episodes and count steps, by values; names only break ties."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from mouse.evidence.agreement import codes, disagreement
from mouse.evidence.counters import counter_continues, counts_episodes, period, step_size
from mouse.evidence.sampling import row_numbers

AGREED = 0.9
"""Share of changes at ends of episodes, or of ends at changes, from which on a column goes with episodes."""
CLEAR = 0.5
"""What rows of one order tell of the next one, as a part of what they tell in the other order."""

Columns = Mapped[str, Int[Tensor, " row"]]


class Roles(NamedTuple):
    """What columns count."""

    environment: str | None = None
    sequence: str | None = None
    step: str | None = None
    candidates: tuple[str, ...] = ()
    """Columns of which one may number episodes, where values do not say which."""
    turns: str | None = None
    """A column that may number environments in turn, or count the steps of episodes of one length."""


class Table(NamedTuple):
    """What columns are judged by."""

    columns: Columns
    obs: Tensor | None
    after: Tensor | None
    """The next observation of each row; the observation itself where the file has none."""
    end: Tensor | None


def roles(
    columns: Columns,
    obs: Tensor | None,
    after: Tensor | None,
    end: Bool[Tensor, " row"] | None,
    environment: str | None = None,
) -> Roles:
    """Find the roles of columns; which one numbers environments may be known.

    Shapes: columns [N], obs and after, the next observation, [N, ...], end [N]: whether an end is marked in a row.
    """
    table = Table(columns, obs, obs if after is None else after, end)
    turns = {name: _takes_turns(each, table) for name, each in columns.items() if period(each) is not None}
    environment = environment or next((name for name, yes in turns.items() if yes), None)
    open_turns = None if environment else next((name for name, yes in turns.items() if yes is None), None)
    order = torch.arange(len(next(iter(columns.values())))) if columns else torch.zeros(0, dtype=torch.int64)
    if environment is not None:
        order = columns[environment].argsort(stable=True)
    number = columns[environment][order] if environment is not None else torch.zeros_like(order)
    ends = None if end is None or not bool(end.any()) else end[order]
    others = {name: values[order] for name, values in columns.items() if name != environment}
    steps = {
        name: ~counter_continues(values) for name, values in others.items() if step_size(values) and name not in turns
    }
    if environment is None and open_turns is None:
        steps |= {name: ~counter_continues(others[name]) for name in turns if step_size(others[name])}
    ids = {
        name: values.diff() != 0
        for name, values in others.items()
        if counts_episodes(values + number * (int(values.max()) - int(values.min()) + 1))
    }
    step = _chosen(steps, ends, ids)
    sequence = _chosen(ids, ends, steps)
    unsure = tuple(ids) if sequence is None and ends is None and len(ids) > 1 else ()
    return Roles(environment, sequence, step, unsure, open_turns)


def _chosen(
    changes: Mapped[str, Bool[Tensor, " pair"]],
    end: Bool[Tensor, " row"] | None,
    others: Mapped[str, Bool[Tensor, " pair"]],
) -> str | None:
    """The column that changes most often of those that go with ends; without ends, with another column, or alone."""
    if end is not None:
        near = end[:-1] | end[1:]
        fits = [name for name, change in changes.items() if _agree(change, near)]
    else:
        fits = [
            name for name, change in changes.items() if any(bool((change == each).all()) for each in others.values())
        ]
        fits = fits or ([*changes] if len(changes) == 1 else [])
    return max(fits, key=lambda name: int(changes[name].sum()), default=None)


def _agree(change: Bool[Tensor, " pair"], near: Bool[Tensor, " pair"]) -> bool:
    """Whether changes stand at ends, or ends, each seen from two rows, at changes."""
    if not bool(change.any()):
        return False
    ends = max(1, int(near.sum()) // 2)
    both = int((change & near).sum())
    return both >= AGREED * int(change.sum()) or both >= AGREED * ends


def _takes_turns(values: Tensor, table: Table) -> bool | None:
    """Whether a number that comes again with a fixed period is an environment's; None where nothing tells."""
    length = period(values) or 0
    wraps = (values[1:] == values[0]) & (values[:-1] != values[0])
    if any(counts_episodes(each) and bool(((each.diff() != 0) == wraps).all()) for each in table.columns.values()):
        return False
    if step_size(values) is None:
        return True
    by_order = None if table.obs is None or table.after is None else _nearer(table.obs, table.after, length)
    if by_order is not None or table.end is None or int(table.end.sum()) < length or length == 2:
        return by_order
    near = torch.zeros_like(table.end)
    near[:-1] |= wraps
    near[1:] |= wraps
    return float(near[table.end].double().mean()) < AGREED


def _nearer(obs: Tensor, after: Tensor, length: int) -> bool | None:
    """Whether what follows an observation stands a period later and not in the next row; None where nothing tells."""
    beside, later = (_unlike(after[:-lag], obs[lag:], exact=after is not obs) for lag in (1, length))
    if later <= CLEAR * beside:
        return True
    return False if beside <= CLEAR * later else None


def _unlike(expected: Tensor, observed: Tensor, *, exact: bool) -> float:
    """How different observations are: of the next ones, in how many rows; of others, by how much."""
    if exact:
        return float(row_numbers(expected != observed).any(dim=1).double().mean())
    if expected.is_floating_point():
        wide, other = (row_numbers(each.double()) for each in (expected, observed))
        return float(((wide - other).abs() / wide.std(dim=0).clamp_min(1e-12)).mean())
    both = codes(torch.cat([expected, observed])).chunk(2)
    return float(disagreement(*both).nanmean())
