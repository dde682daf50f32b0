"""Figures of a scan: a distribution over all shards, and in each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from mouse_dashboard.figures.encoding import plot_name, typed_array
from mouse_dashboard.figures.style import BLUE, GREY, ORANGE
from mouse_dashboard.figures.symlog import Symlog
from mouse_dashboard.scan.display_bins import symlog_of_bins
from mouse_dashboard.scan.drift import CHECK
from mouse_dashboard.scan.histogram import key_of
from mouse_dashboard.scan.models import DistributionFigures, DistributionQuery, ScanFigure
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.scan.shard_view import address_beside
from mouse_dashboard.scan.titles import label_of
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.numbers import plain
from mouse_dashboard.schema.results import PlotlyFigure

MOST_SHARDS = 300
"""Shards that stand beside each other in a figure."""
LABELS = 12
"""Values that are named below the bars."""
TICKS = 7
Json = dict[str, Any]


def distribution_figures(scan: SavedScan, query: DistributionQuery) -> DistributionFigures:
    """A quantity over all shards, and in one of them.

    Raises:
        ApiError: 404, the scan has no such quantity, or no shard of that rank.
    """
    quantity, address = query.quantity, address_beside(scan, query)
    rows = scan.rows("histograms", quantity=quantity)
    whole = next((row for row in rows if row["shard"] == ALL), None)
    if whole is None:
        known = ", ".join(row["quantity"] for row in scan.rows("histograms", shard=ALL))
        raise ApiError(404, "unknown_quantity", f"quantity: found {quantity[:60]!r}, expected {known}.", "quantity")
    own = next((row for row in rows if address is not None and row["shard"] == address), None)
    numbers = scan.rows("distributions", quantity=quantity)
    return DistributionFigures(
        quantity=quantity,
        histogram=_histogram(quantity, whole, own),
        shards=_ranges(scan, quantity, numbers, rows, _scale(whole), address) if numbers else None,
    )


def _is_discrete(whole: Row) -> bool:
    """Whether each bar stands for one value."""
    return whole["low"] == whole["high"]


def _scale(whole: Row) -> Symlog:
    """The scale that the bars were made on, near enough: each stands for its middle, the one around 0 for 0."""
    middles = (0.0 if low <= 0 <= high else low / 2 + high / 2 for low, high, _count in _bars(whole))
    return symlog_of_bins({key_of(middle): count for middle, count in zip(middles, whole["count"], strict=True)})


def _bars(row: Row) -> list[tuple[float, float, int]]:
    return list(zip(row["low"], row["high"], row["count"], strict=True))


def _histogram(quantity: str, whole: Row, own: Row | None) -> ScanFigure:
    scale = None if _is_discrete(whole) else _scale(whole)
    low, high = doubles(whole["low"]), doubles(whole["high"])
    if scale is None:
        places, widths = torch.arange(len(low), dtype=torch.float64), None
        axis = _value_ticks(whole["low"])
    else:
        ends = scale.of(low), scale.of(high)
        places, widths = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]).clamp_min(1e-9)
        axis = _round_ticks(scale, float(low[0]), float(high[-1]))
    sides = [("all shards", whole)] + ([("this shard", own)] if own else [])
    data = [_trace(name, row, whole, places, widths, first=row is whole) for name, row in sides]
    layout = {
        "xaxis": {"title": {"text": plot_name(label_of(quantity))}, **axis},
        "yaxis": {"title": {"text": "density" if scale else "%"}, "rangemode": "tozero", "showticklabels": not scale},
        "bargap": 0,
        "showlegend": own is not None,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
    }
    total = sum(whole["count"])
    note = f"{total:,} numbers of all shards" + (f", {sum(own['count']):,} of this one" if own else "")
    stretched = "; linear around 0, logarithmic beyond" if scale else ""
    return ScanFigure(note=note + stretched, figure=PlotlyFigure(data=data, layout=layout))


def _trace(  # noqa: PLR0913  what a trace is made of
    name: str, row: Row, whole: Row, places: torch.Tensor, widths: torch.Tensor | None, *, first: bool
) -> Json:
    counts = doubles(row["count"])
    shares = 100 * counts / max(1.0, float(counts.sum()))
    heights = shares if widths is None else shares / widths / (shares / widths).max().clamp_min(1e-9)
    values = [f"{low:.6g}" if low == high else f"{low:.4g} to {high:.4g}" for low, high, _count in _bars(whole)]
    hover = "%{customdata[0]}<br>%{customdata[1]:,} numbers, %{customdata[2]:.3g} %"
    custom = [[*each] for each in zip(values, row["count"], plain(shares), strict=True)]
    common = {"name": name, "x": typed_array(places), "y": typed_array(heights), "customdata": custom}
    common["hovertemplate"] = f"{name}: {hover}<extra></extra>"
    if first:
        return {"type": "bar", **common, "width": 0.7 if widths is None else typed_array(widths)}
    line = {"color": ORANGE, "width": 2, "shape": "hvh"}
    if widths is None:
        return {
            "type": "scatter",
            "mode": "markers",
            **common,
            "marker": {"color": ORANGE, "size": 9, "symbol": "diamond"},
        }
    return {"type": "scatter", "mode": "lines", **common, "line": line}


def _value_ticks(values: Sequence[float]) -> Json:
    step = -(-len(values) // LABELS)
    places = list(range(0, len(values), step))
    return {"tickvals": places, "ticktext": [f"{values[place]:.4g}" for place in places]}


def _round_ticks(scale: Symlog, low: float, high: float) -> Json:
    """Numbers with few digits, at about the same distance from each other."""
    ends = scale.of(doubles([low, high]))
    wanted: list[float] = plain(
        scale.inverse(torch.linspace(float(ends[0]), float(ends[1]), TICKS, dtype=torch.float64))
    )
    for digits in (1, 2, 3, 4):
        numbers = sorted({number for each in wanted if low <= (number := float(f"{each:.{digits - 1}e}")) <= high})
        if len(numbers) >= TICKS - 2:
            break
    return {"tickvals": plain(scale.of(doubles(numbers))), "ticktext": [f"{number:.6g}" for number in numbers]}


def _ranges(  # noqa: PLR0913, PLR0917  what the figure is made of
    scan: SavedScan,
    quantity: str,
    numbers: Sequence[Row],
    rows: Sequence[Row],
    scale: Symlog,
    address: str | None,
) -> ScanFigure | None:
    """Median and middle 90 % of each shard, in the order of their names; one that deviates much is in orange."""
    distances = {row["shard"]: row["distance"] or 0.0 for row in rows}
    known = sorted((row for row in numbers if row["shard"] != ALL and row["count"]), key=lambda row: row["shard"])
    shown = _chosen(known, distances, address)
    if len(shown) < 2:
        return None
    medians, low, high = (doubles([row[name] for row in shown]) for name in ("q50", "q05", "q95"))
    medians, low, high = (scale.of(each) for each in (medians, low, high))
    drifting = {row["shard"] for row in scan.rows("issues", check=CHECK, quantity=quantity)}
    apart = [row["shard"] in drifting for row in shown]
    ranks = [scan.ranks[row["shard"]] for row in shown]
    custom = [
        [
            rank,
            plot_name(row["shard"].rpartition("/")[2]),
            row["q50"],
            row["q05"],
            row["q95"],
            distances.get(row["shard"], 0.0),
        ]
        for rank, row in zip(ranks, shown, strict=True)
    ]
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": list(range(len(shown))),
            "y": typed_array(medians),
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": typed_array(high - medians),
                "arrayminus": typed_array(medians - low),
                "width": 0,
                "thickness": 1.5,
                "color": GREY,
            },
            "marker": {
                "color": [ORANGE if each else BLUE for each in apart],
                "symbol": ["diamond" if each else "circle" for each in apart],
                "size": [11 if row["shard"] == address else 7 for row in shown],
            },
            "customdata": custom,
            "hovertemplate": (
                "%{customdata[1]}<br>median %{customdata[2]:.4g}, 90 % within %{customdata[3]:.4g} to"
                " %{customdata[4]:.4g}<br>distance from all others %{customdata[5]:.3g}<extra></extra>"
            ),
        }
    ]
    ends = min(row["q05"] for row in shown), max(row["q95"] for row in shown)
    axis = _round_ticks(scale, *ends)
    layout = {
        "xaxis": {"title": {"text": "shards by name"}, "showticklabels": False, "showgrid": False},
        "yaxis": {"title": {"text": plot_name(label_of(quantity))}, **axis},
    }
    left_out = (
        f"{len(shown):,} of {len(known):,} shards, those that deviate most among them; "
        if len(shown) < len(known)
        else ""
    )
    note = f"{left_out}median and middle 90 %; orange: unlike the others"
    return ScanFigure(note=note, figure=PlotlyFigure(data=data, layout=layout))


def _chosen(known: Sequence[Row], distances: Mapping[str, float], address: str | None) -> list[Row]:
    """All shards; of many those that deviate most, the one that is looked at, and others at even distances."""
    if len(known) <= MOST_SHARDS:
        return list(known)
    by_distance = sorted(known, key=lambda row: -distances.get(row["shard"], 0.0))[: MOST_SHARDS // 3]
    wanted = {row["shard"] for row in by_distance} | {address}
    wanted |= {row["shard"] for row in known[:: -(-len(known) // (MOST_SHARDS // 2))]}
    return [row for row in known if row["shard"] in wanted]


def doubles(values: Any) -> torch.Tensor:
    """Numbers as Plotly reads them."""
    return torch.tensor(values, dtype=torch.float64)
