"""Agreement of teacher and student: a matrix of their most probable actions."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses.sp import SpLossConfig, teacher_distribution
from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.style import tick_step
from mouse_dashboard.schema.numbers import plain

ENTRIES = 1 << 16
"""Steps times actions looked at."""
MOST_ACTIONS = 24
"""Of more actions those that are wanted most often are shown."""
WRITTEN = 8
"""Up to so many actions the counts are written into the cells."""


@dataclass(frozen=True)
class Agreement:
    """Step counts by the most probable action of each."""

    actions: list[int]
    """Those shown."""
    counts: Tensor
    """``[teacher, student]`` steps, of the actions shown."""
    worst: Tensor
    """``[teacher, student]``: index in the part of the step with the largest loss; -1 where there is none."""
    total: int
    """Steps that were compared."""
    agreeing: int
    undecided: int
    """Steps where a probability is not a number."""
    uncounted: int
    """Steps without a valid action."""
    note: str


def _info(part: LossInput) -> Agreement:
    sample = part.sample(ENTRIES)
    inputs, loss = sample.inputs, part.values[sample.index]
    best = [
        log_p[0].max(dim=-1)
        for log_p in (teacher_distribution(inputs, cast("SpLossConfig", part.cfg)).log_p, inputs.log_student)
    ]
    counted, actions = inputs.counted[0], inputs.valid.shape[-1]
    clear = counted & ~(best[0].values + best[1].values).isnan()
    teacher, student = (top.indices[clear] for top in best)
    wanted = torch.bincount(teacher, minlength=actions) + torch.bincount(student, minlength=actions)
    most = wanted.argsort(descending=True, stable=True)[:MOST_ACTIONS].sort().values
    known = torch.isin(teacher, most) & torch.isin(student, most)
    at = torch.searchsorted(most, teacher[known]) * len(most) + torch.searchsorted(most, student[known])
    square = (len(most), len(most))
    return Agreement(
        plain(most),
        torch.bincount(at, minlength=len(most) ** 2).view(square),
        _worst(loss[clear][known], at, sample.index[clear][known], len(most) ** 2).view(square),
        len(teacher),
        int((teacher == student).sum()),
        int((counted & ~clear).sum()),
        int((~counted).sum()),
        sample.note,
    )


def _worst(loss: Tensor, at: Tensor, index: Tensor, cells: int) -> Tensor:
    """Of each cell the index with the largest loss, the first on ties."""
    top = loss.new_full((cells,), -torch.inf).scatter_reduce_(0, at, loss, "amax")
    largest, none = loss == top[at], torch.iinfo(torch.int64).max
    first = torch.full((cells,), none).scatter_reduce_(0, at[largest], index[largest], "amin")
    return first.masked_fill_(first == none, -1)


def _draw(part: LossInput, info: Agreement) -> FigureOutput:
    if not info.total:
        return FigureOutput(_note(part, info))
    shown = len(info.actions)
    names = [f"{action}" for action in info.actions]
    matrix: dict[str, Any] = {
        "type": "heatmap",
        "z": typed_array((info.counts.double() * (100 / info.total)).masked_fill(info.counts == 0, torch.nan)),
        "colorbar": {"ticksuffix": " %"},
        "hoverongaps": False,
        "xgap": 1,
        "ygap": 1,
        "customdata": _places(part, info),
        "hovertemplate": f"%{{customdata[3]}}: %{{customdata[2]:,}} {part.unit}s, %{{z:.3g}} %"
        "<br>click: the one with the largest loss<extra></extra>",
    }
    if shown <= WRITTEN:
        counts: list[list[int]] = plain(info.counts)
        matrix |= {"text": [[f"{count:,}" if count else "" for count in row] for row in counts]}
        matrix |= {"texttemplate": "%{text}", "textfont": {"size": 10}}
    step = tick_step(shown)
    ticks = {"tickvals": list(range(shown)), "ticktext": names, "showgrid": False}
    layout = {
        "height": 140 + min(max(26 * shown, 150), 320),
        "xaxis": ticks
        | {"title": {"text": "student's action"}, "tickvals": list(range(0, shown, step)), "ticktext": names[::step]},
        "yaxis": ticks | {"title": {"text": "teacher's action"}, "range": [shown - 0.5, -0.5]},
        "shapes": [_frame(at) for at in range(shown)],
    }
    return FigureOutput(_note(part, info), [matrix], layout)


def _places(part: LossInput, info: Agreement) -> list[list[list[Any]]]:
    """For each cell the row and step of its largest loss, then what it says; nothing where there is none to select."""
    counts: list[list[int]] = plain(info.counts)
    worst: list[list[int]] = plain(info.worst)
    return [
        [
            [*part.place(index), count, f"teacher {info.actions[i]}, student {info.actions[j]}"] if index >= 0 else []
            for j, (count, index) in enumerate(zip(row, indices, strict=True))
        ]
        for i, (row, indices) in enumerate(zip(counts, worst, strict=True))
    ]


def _frame(at: int) -> dict[str, Any]:
    """An outline around the cells where both agree."""
    corners = {"x0": at - 0.5, "x1": at + 0.5, "y0": at - 0.5, "y1": at + 0.5}
    return {"type": "rect", "name": "agree", **corners, "line": {"width": 1}}


def _note(part: LossInput, info: Agreement) -> str:
    share = f"{100 * info.agreeing / info.total:.3g} % agree (framed)" if info.total else "nothing to compare"
    parts = [f"{share}: {info.agreeing:,} of {counted(info.total, part.unit)}"]
    left = info.total - int(info.counts.sum())
    if left:
        parts.append(
            f"{counted(left, part.unit)} with other actions than the {len(info.actions)} most wanted not shown"
        )
    if info.uncounted:
        parts.append(f"{counted(info.uncounted, part.unit)} without a valid action left out")
    if info.undecided:
        parts.append(f"{counted(info.undecided, part.unit)} with NaN left out")
    return "; ".join([*parts, *filter(None, [info.note])])


AGREEMENT = Figure(
    name="agreement",
    title="Agreement",
    doc="The teacher's most probable action against the student's, the first one on ties; a click selects the step of "
    "the cell with the largest loss.",
    scope="loss",
    panel="teacher",
    info=_info,
    draw=_draw,
    terms=("counted", "log_teacher", "log_student"),
)
