"""Preview a mapping: the resulting fields, and the first steps before and after, so that a shift is visible."""

from collections import abc
from collections.abc import Sequence
from typing import cast

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.batch import RECORDED
from mouse.losses.fields import OUT, STEP_STREAM
from mouse.losses.loss import AnyLoss
from mouse.mapping import Mapping, Plan
from mouse.mapping.apply import arrange
from mouse.mapping.columns import Column, rows_rank
from mouse.mapping.rows import Rows
from mouse.mapping.target import FIELDS
from mouse_dashboard.imports.models import MappedField, Preview, Sample, SampleRow
from mouse_dashboard.store.models import LossReadiness

STEPS = 6
NUMBERS = 2
"""Numbers of a cell; of more, the rest is dots."""


def preview(fields: dict[str, Tensor], mapping: Mapping, losses: abc.Mapping[str, AnyLoss]) -> Preview:
    """Apply a mapping to the first steps only, and report which losses could run.

    Raises:
        BatchError: (a ValueError) the mapping does not fit the fields; `field` names its part.
    """
    planned = arrange(fields, mapping)
    batch, steps = planned.rows.index.shape
    first = _first_steps(planned.rows, mapping)
    columns = dict(sorted(planned.columns.items(), key=lambda item: item[1].group == OUT))
    shown = _shown(columns)
    return Preview(
        B=batch,
        S=steps,
        transitions=mapping.layout == "transitions",
        fields=[_field(name, column, planned) for name, column in columns.items()],
        notes=list(planned.notes),
        losses=_readiness(columns, losses),
        before=_before(fields, mapping, shown, first),
        after=_after(fields, mapping, shown, first),
    )


def _first_steps(rows: Rows, mapping: Mapping) -> Rows:
    """The first steps of the first sequence, or the first transitions one below the other."""

    def some(part: Tensor) -> Tensor:
        return part[: STEPS // 2].reshape(1, -1) if mapping.layout == "transitions" else part[:1, :STEPS]

    return Rows(some(rows.index), some(rows.before), None if rows.final is None else some(rows.final))


def _field(name: str, column: Column, planned: Plan) -> MappedField:
    return MappedField.model_validate(
        {
            "name": name,
            "group": column.group,
            "dtype": str(column.values.dtype).removeprefix("torch."),
            "shape": [*planned.rows.index.shape, *column.values.shape[1:]],
            "sources": list(column.sources),
            "shifted": column.shifted,
        }
    )


def _readiness(columns: dict[str, Column], losses: abc.Mapping[str, AnyLoss]) -> list[LossReadiness]:
    step_stream, out = (
        TensorDict({name: column.values for name, column in columns.items() if column.group == group})
        for group in (STEP_STREAM, OUT)
    )
    missing = {name: list(loss.missing(step_stream, out)) for name, loss in losses.items() if name != RECORDED}
    return [LossReadiness(name=name, runs=not fields, missing=fields) for name, fields in missing.items()]


def _shown(columns: dict[str, Column]) -> dict[str, Column]:
    """The fields to show: an observation, and fields of transitions; any fields if there are none of these."""
    own = {name: column for name, column in columns.items() if name in FIELDS and column.values.dim() == 1}
    others = (name for name, column in columns.items() if name not in FIELDS and not column.shifted)
    state = next((name for name in others if "obs" in name.lower() or "state" in name.lower()), None)
    found = ({} if state is None else {state: columns[state]}) | own
    return found or dict([next(iter(columns.items()))])


def _before(fields: dict[str, Tensor], mapping: Mapping, shown: dict[str, Column], rows: Rows) -> Sample:
    """The file's columns, in the order of the batch's fields."""
    sources = {source: column.shifted for column in shown.values() for source in column.sources}
    rank = rows_rank(mapping)
    index = rows.index[0] if rows.final is None else rows.index[0][~rows.final[0]]
    places = _places(index, fields[next(iter(sources))].shape[:rank])
    cells = [_cells(fields[source].flatten(0, rank - 1)[index]) for source in sources]
    return _sample(sources, places, places, cells)


def _after(fields: dict[str, Tensor], mapping: Mapping, shown: dict[str, Column], rows: Rows) -> Sample:
    """The same steps in the batch."""
    some = next(source for column in reversed(shown.values()) for source in column.sources)
    sizes = fields[some].shape[: rows_rank(mapping)]
    taken = (rows.take(each.values, shifted=each.shifted, next_state=each.next_state) for each in shown.values())
    cells = [_cells(values[0]) for values in taken]
    states, led_by = (_places(index[0], sizes) for index in (rows.index, rows.before))
    if rows.final is not None:
        states = [f"{state} next" if final else state for state, final in zip(states, rows.final[0], strict=True)]
    return _sample({name: column.shifted for name, column in shown.items()}, states, led_by, cells)


def _places(rows: Tensor, sizes: torch.Size) -> list[str | None]:
    """Where rows stand in the file's own dimensions; None where there is none."""
    if len(sizes) == 1:
        return [None if row < 0 else str(row) for row in cast("list[int]", rows.tolist())]
    index = cast("list[list[int]]", torch.stack(torch.unravel_index(rows.clamp_min(0), sizes), dim=1).tolist())
    return [None if row < 0 else str(place) for row, place in zip(cast("list[int]", rows.tolist()), index, strict=True)]


def _sample(
    columns: dict[str, bool], states: Sequence[str | None], led_by: Sequence[str | None], cells: list[list[str]]
) -> Sample:
    return Sample(
        columns=[*columns],
        shifted=[*columns.values()],
        rows=[
            SampleRow(state=state or "", led_by=by, cells=[column[place] for column in cells])
            for place, (state, by) in enumerate(zip(states, led_by, strict=True))
        ],
    )


def _cells(values: Tensor) -> list[str]:
    """A few numbers of each step as text."""
    flat = values.flatten(1) if values.dim() > 1 else values.unsqueeze(1)
    dots = ["…"] if flat.shape[1] > NUMBERS else []
    lines = cast("list[list[float]]", flat[:, :NUMBERS].tolist())
    digits = 6 if flat.shape[1] == 1 else 3
    return [", ".join([*(_text(number, digits) for number in line), *dots]) for line in lines]


def _text(number: object, digits: int) -> str:
    if isinstance(number, bool):
        return str(number).lower()
    return f"{number:.{digits}g}" if isinstance(number, float) else str(number)
