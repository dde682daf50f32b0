"""A histogram of a term: counts of its finite values in equal bins, and the number of non-finite ones."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mouse.wording import counted
from mouse_dashboard.figures.encoding import typed_array
from mouse_dashboard.figures.figure import Figure, FigureOutput, TermSlice, floats, mask_or, not_finite, select_values
from mouse_dashboard.figures.style import GREY, whole_ticks

BINS = 80


@dataclass(frozen=True)
class Series:
    """The counts of one side."""

    name: str
    values: Tensor
    """All of them, flat."""
    counts: Tensor
    """Finite values per bin; the last bin holds its upper edge too."""


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of one width."""

    low: float
    """Lower edge of the first bin."""
    width: float
    """Width of a bin."""
    series: list[Series]
    """What is looked at, then what it is compared with."""


def _info(part: TermSlice) -> Histogram:
    sides = _sides(part)
    finite = {name: _finite(values) for name, values in sides.items()}
    present = [values for values in finite.values() if values.numel()]
    if not present:
        nothing = torch.zeros(0, dtype=torch.int32)
        return Histogram(0.0, 1.0, [Series(name, values, nothing) for name, values in sides.items()])
    extremes = [tuple(float(edge) for edge in values.aminmax()) for values in present]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    whole = not part.values.is_floating_point() and high - low < BINS
    bins = int(high - low) + 1 if whole else BINS
    width = 1.0 if whole else high / bins - low / bins  # a difference of extremes could overflow
    if whole or width == 0:
        low, bins, width = low - 0.5, bins if whole else 1, 1.0
    series = [Series(name, values, _counts(finite[name], low, high, width, bins)) for name, values in sides.items()]
    return Histogram(low, width, series)


def _sides(part: TermSlice) -> dict[str, Tensor]:
    """The viewed values, and what they are compared with: the pinned values, else all values of the range."""
    if part.pinned is not None and part.side == "live":
        return {
            "live": part.inside,
            "pinned": select_values(floats(part.pinned), mask_or(part.outside, part.pinned_placeholder)),
        }
    if part.outside is not None:
        return {"slice": part.inside, "all": select_values(part.floats, part.placeholder)}
    return {part.label: part.inside}


def _finite(values: Tensor) -> Tensor:
    return values if bool(values.sum().isfinite()) else values[values.isfinite()]


def _counts(values: Tensor, low: float, high: float, width: float, bins: int) -> Tensor:
    index = distance(values, low, high).mul_(1 / width).clamp_(0, bins - 1).to(torch.uint8)
    return torch.bincount(index, minlength=bins).to(torch.int32)


def distance(values: Tensor, low: float, high: float) -> Tensor:
    """Distance from the lowest edge, in float64 where float32 could not hold it or its reciprocal."""
    fits = values.dtype == torch.float64 or 1e-30 < high - low < torch.finfo(values.dtype).max
    return values - low if fits else values.double() - low


def _draw(part: TermSlice, info: Histogram) -> FigureOutput:
    first, *others = info.series
    compared = bool(others)
    data = [_bars(part, info, first, compared=compared)]
    data += [_outline(part, info, other) for other in others]
    layout = {
        "xaxis": {"title": {"text": part.label}},
        "yaxis": {"title": {"text": f"% of its {part.unit}s" if compared else f"{part.unit}s"}, "rangemode": "tozero"}
        | ({} if compared else whole_ticks(_largest(first.counts) * part.stride)),
        "bargap": 0,
        "showlegend": compared,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }
    return FigureOutput(_note(part, info), data, layout)


def _largest(counts: Tensor) -> int:
    return int(counts.max()) if counts.numel() else 0


def _centres(info: Histogram, bins: int) -> Tensor:
    return info.low + info.width * (torch.arange(bins, dtype=torch.float64) + 0.5)


def _bars(part: TermSlice, info: Histogram, series: Series, *, compared: bool) -> dict[str, Any]:
    around = f"{part.label} %{{x:.6g}} &#177; {info.width / 2:.3g}<br>"
    return {
        "type": "bar",
        "name": series.name,
        "x": typed_array(_centres(info, series.counts.numel())),
        "y": typed_array(_percent(series) if compared else series.counts * part.stride),
        "customdata": typed_array(series.counts.unsqueeze(-1) * part.stride),
        "width": info.width,
        "hovertemplate": f"{around}%{{customdata[0]:,}} {part.unit}s<extra></extra>",
    }


def _outline(part: TermSlice, info: Histogram, series: Series) -> dict[str, Any]:
    """A stepped line over the bars, so that both stay visible."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": series.name,
        "x": typed_array(_centres(info, series.counts.numel())),
        "y": typed_array(_percent(series)),
        "customdata": typed_array(series.counts.unsqueeze(-1) * part.stride),
        "line": {"color": GREY, "width": 1.5, "shape": "hvh"},
        "hovertemplate": f"{series.name}: %{{customdata[0]:,}} {part.unit}s, %{{y:.3g}} %<extra></extra>",
    }


def _percent(series: Series) -> Tensor:
    return series.counts.double() * (100 / max(1, series.values.numel()))


def _note(part: TermSlice, info: Histogram) -> str:
    named = len(info.series) > 1
    counts = [_counted(part, series, named=named) for series in info.series]
    left = [_left_out(series, named=named) for series in info.series]
    bins = counted(info.series[0].counts.numel(), "bin")
    invalid = f"{part.invalid:,} {part.placeholder_name} left out" if part.invalid else ""
    return "; ".join([f"{', '.join(counts)} in {bins}", *filter(None, [*left, invalid])])


def _counted(part: TermSlice, series: Series, *, named: bool) -> str:
    text = counted(int(series.counts.sum()), part.unit)
    return f"{series.name}: {text}" if named else text


def _left_out(series: Series, *, named: bool) -> str:
    bad = not_finite(series.values) if int(series.counts.sum()) < series.values.numel() else ""
    where = f" of {series.name}" if named else ""
    return f"{bad}{where} left out" if bad else ""


HISTOGRAM = Figure(
    name="histogram",
    title="Histogram",
    doc="How often which value of the term occurs in the part of the batch that the map shows.",
    scope="term",
    panel="term",
    info=_info,
    draw=_draw,
)
