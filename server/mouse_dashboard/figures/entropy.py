"""The relative entropy of teacher and student: 0 for a deterministic policy, 1 for a uniform one."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses.softmax import relative_entropy
from mouse.losses.sp import SpLossConfig, teacher_distribution
from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput
from mouse_dashboard.figures.policies import teacher_of
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.schema.numbers import plain

ENTRIES = 1 << 16
"""Steps times actions looked at."""
BINS = 25


@dataclass(frozen=True)
class Entropies:
    """Steps by relative entropy."""

    counts: dict[str, Tensor]
    """Of each of the two, per bin from 0 to 1."""
    means: dict[str, float]
    no_choice: int
    """Steps with fewer than two valid actions."""
    bad: dict[str, int]
    """Steps where it cannot be computed."""
    note: str


def _info(part: LossInput) -> Entropies:
    sample = part.sample(ENTRIES)
    inputs = sample.inputs
    choice = inputs.valid.sum(dim=-1) > 1
    logs = {
        "teacher": teacher_distribution(inputs, cast("SpLossConfig", part.cfg)).log_p,
        "student": inputs.log_student,
    }
    shares = {name: relative_entropy(log_p, inputs.valid)[choice] for name, log_p in logs.items()}
    finite = {name: values[values.isfinite()] for name, values in shares.items()}
    return Entropies(
        {name: _counts(values) for name, values in finite.items()},
        {name: float(values.mean()) for name, values in finite.items()},
        int((~choice).sum()),
        {name: len(shares[name]) - len(values) for name, values in finite.items()},
        sample.note,
    )


def _counts(shares: Tensor) -> Tensor:
    return torch.bincount((shares * BINS).long().clamp_(0, BINS - 1), minlength=BINS)


def _draw(part: LossInput, info: Entropies) -> FigureOutput:
    data = [
        _bars(part, "teacher P", info.counts["teacher"], ORANGE),
        _bars(part, "student Q", info.counts["student"], BLUE),
    ]
    layout = {
        "barmode": "group",
        "bargap": 0.1,
        "bargroupgap": 0,
        "xaxis": {"title": {"text": "entropy / log(valid actions): 0 sure, 1 even"}, "range": [0, 1]},
        "yaxis": {"title": {"text": f"% of {part.unit}s"}, "rangemode": "tozero"},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    }
    return FigureOutput(_note(part, info), data, layout)


def _bars(part: LossInput, name: str, counts: Tensor, colour: str) -> dict[str, Any]:
    centres = (torch.arange(BINS, dtype=torch.float64) + 0.5) / BINS
    return {
        "type": "bar",
        "name": name,
        "x": typed_array(centres),
        "y": typed_array(counts.double() * (100 / max(1, int(counts.sum())))),
        "customdata": [[count] for count in plain(counts)],
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"relative entropy %{{x:.3g}} &#177; {0.5 / BINS:.3g}<br>%{{customdata[0]:,}} {part.unit}s, "
        f"%{{y:.3g}} %<extra>{name}</extra>",
    }


def _note(part: LossInput, info: Entropies) -> str:
    means = ", ".join(f"{name} {mean:.3g}" for name, mean in info.means.items())
    alone = f"{counted(info.no_choice, part.unit)} without a choice left out" if info.no_choice else ""
    bad = [f"{counted(count, part.unit)} of the {name} not finite" for name, count in info.bad.items() if count]
    return "; ".join(filter(None, [f"means: {means}", teacher_of(part.cfg), alone, *bad, info.note]))


ENTROPY = Figure(
    name="entropy",
    title="How sure they are",
    doc="Entropy of teacher and student as a share of the entropy of an even choice among the valid actions: 0 is sure "
    "of one action, 1 has no preference.",
    scope="loss",
    panel="teacher",
    info=_info,
    draw=_draw,
    terms=("valid", "log_teacher", "log_student"),
)
