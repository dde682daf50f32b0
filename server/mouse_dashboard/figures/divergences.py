"""All six divergences between teacher and student, to compare what each loss_type would minimise.

They are the loss's own terms under a config that differs in loss_type alone; `ce` makes its own, one-hot teacher.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, cast

from torch import Tensor

from mouse.losses.sp import DIVERGENCES as KINDS
from mouse.losses.sp import SpLossConfig
from mouse_dashboard.figures.figure import Figure, FigureOutput
from mouse_dashboard.figures.inputs import LossInput, TransitionInput
from mouse_dashboard.figures.policies import teacher_of
from mouse_dashboard.figures.style import BLUE, GREY

ENTRIES = 1 << 15
"""Steps times actions looked at: one more pass of stage 2 for each divergence."""


@dataclass(frozen=True)
class Divergences:
    """The six, in nats."""

    values: dict[str, float]
    errors: dict[str, float]
    """Standard errors of those that are estimates; empty when all are exact."""
    cfg: SpLossConfig
    note: str


def _means(part: LossInput) -> Divergences:
    """Means over the steps that count: of the loss's own divergence over all of them, of the others over a sample."""
    cfg, sample = cast("SpLossConfig", part.cfg), part.sample(ENTRIES)
    found = {kind: part.loss.terms(sample.inputs, replace(cfg, loss_type=kind)) for kind in KINDS}
    values: dict[str, float] = {kind: float(part.loss.mean(terms)) for kind, terms in found.items()}
    values[cfg.loss_type] = part.mean()
    errors: dict[str, float] = {
        kind: _standard_error(terms.loss[terms.counted])
        for kind, terms in found.items()
        if sample.note and kind != cfg.loss_type
    }
    own = f"{sample.note}, {cfg.loss_type} exact; whiskers: 2 standard errors" if sample.note else ""
    return Divergences(values, errors, cfg, own)


def _standard_error(values: Tensor) -> float:
    return float(values.double().std()) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def _here(part: TransitionInput) -> Divergences:
    """At one step."""
    cfg = cast("SpLossConfig", part.cfg)
    inputs = part.inputs()
    values: dict[str, float] = {
        kind: float(part.loss.terms(inputs, replace(cfg, loss_type=kind)).loss) for kind in KINDS
    }
    values[cfg.loss_type] = float(part.terms.loss)
    return Divergences(values, {}, cfg, f"sequence {part.row}, step {part.step}")


def _draw(_part: object, info: Divergences) -> FigureOutput:
    finite = {kind: value for kind, value in info.values.items() if math.isfinite(value)}
    bars: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "x": list(finite.values()),
        "y": list(finite),
        "marker": {"color": [BLUE if kind == info.cfg.loss_type else GREY for kind in finite]},
        "text": [f"{value:.4g}" for value in finite.values()],
        "textposition": "auto",
        "hovertemplate": "%{y}: %{x:.6g} nats<extra></extra>",
    }
    if info.errors:
        errors = [2 * info.errors.get(kind, 0) for kind in finite]
        bars["error_x"] = {"type": "data", "array": errors, "thickness": 1.5, "width": 4, "color": GREY}
    layout = {
        "height": 250,
        "bargap": 0.3,
        "xaxis": {"title": {"text": "divergence (nats)"}},
        "yaxis": {"type": "category", "categoryarray": list(KINDS)[::-1], "showgrid": False},
        "showlegend": False,
    }
    return FigureOutput(_note(info, list(finite)), [bars], layout)


def _note(info: Divergences, finite: list[str]) -> str:
    cfg, soft = info.cfg, replace(info.cfg, loss_type="kl-fwd")
    tempered = teacher_of(soft).partition(": ")[2]
    bad = [f"{kind} is {value}" for kind, value in info.values.items() if kind not in finite]
    return "; ".join(
        filter(None, [f"in blue: the loss itself, {cfg.loss_type}; {tempered}, for ce one-hot", info.note, *bad])
    )


_TERMS = ("teacher", "student", "divergence", "counted")
DIVERGENCES = Figure(
    name="divergences",
    title="All divergences",
    doc="What each loss_type would minimise here, under the same temperature and smoothing; in blue the loss itself.",
    scope="loss",
    panel="teacher",
    info=_means,
    draw=_draw,
    terms=_TERMS,
)
DIVERGENCES_HERE = Figure(
    name="divergences_here",
    title="All divergences here",
    doc="What each loss_type would add at this step, under one temperature and smoothing; in blue the loss itself.",
    scope="transition",
    panel="transition",
    info=_here,
    draw=_draw,
    terms=_TERMS,
)
