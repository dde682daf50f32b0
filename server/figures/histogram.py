"""How a term is distributed: counts of its finite values in equal bins, and how many are not finite."""

from dataclasses import dataclass

import torch
from torch import Tensor

from server.figures.figure import Drawn, Figure, TermSlice, not_finite, plural
from server.figures.typed_array import typed_array

BINS = 80


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width."""

    low: float
    """Lower edge of the first bin."""
    width: float
    """Width of a bin."""
    counts: Tensor
    """Finite values per bin; the last bin holds its upper edge too."""


def _info(part: TermSlice) -> Histogram:
    values = part.floats.flatten()
    finite = values if bool(values.sum().isfinite()) else values[values.isfinite()]
    if not finite.numel():
        return Histogram(0.0, 1.0, torch.zeros(0, dtype=torch.int32))
    low, high = (float(edge) for edge in finite.aminmax())
    whole = not part.values.is_floating_point() and high - low < BINS
    bins = int(high - low) + 1 if whole else BINS
    width = 1.0 if whole else high / bins - low / bins  # a difference of extremes could overflow
    if whole or width == 0:
        low, bins, width = low - 0.5, bins if whole else 1, 1.0
    index = _distance(finite, low, high).mul_(1 / width).clamp_(0, bins - 1).to(torch.uint8)
    return Histogram(low, width, torch.bincount(index, minlength=bins).to(torch.int32))


def _distance(values: Tensor, low: float, high: float) -> Tensor:
    """Distance from the lowest edge, in float64 where float32 could not hold it or its reciprocal."""
    fits = values.dtype == torch.float64 or 1e-30 < high - low < torch.finfo(values.dtype).max
    return values - low if fits else values.double() - low


def _draw(part: TermSlice, info: Histogram) -> Drawn:
    bins = info.counts.numel()
    centres = info.low + info.width * (torch.arange(bins, dtype=torch.float64) + 0.5)
    trace = {
        "type": "bar",
        "x": typed_array(centres),
        "y": typed_array(info.counts),
        "width": info.width,
        "hovertemplate": f"{part.label} %{{x:.6g}} &#177; {info.width / 2:.3g}<br>%{{y:,}} {part.unit}s<extra></extra>",
    }
    layout = {
        "xaxis": {"title": {"text": part.label}},
        "yaxis": {"title": {"text": f"{part.unit}s"}, "rangemode": "tozero"},
        "bargap": 0,
        "showlegend": False,
    }
    return Drawn(_note(part, info), [trace], layout)


def _note(part: TermSlice, info: Histogram) -> str:
    counted = int(info.counts.sum())
    text = f"{plural(counted, part.unit)} in {plural(info.counts.numel(), 'bin')}"
    bad = not_finite(part.floats) if counted < part.values.numel() else ""
    return f"{text}; {bad} left out" if bad else text


HISTOGRAM = Figure(
    name="histogram",
    title="Histogram",
    doc="How often which value of the term occurs in the part of the batch that the map shows.",
    need="term",
    info=_info,
    draw=_draw,
)
