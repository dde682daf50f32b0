"""Losses along a sweep: a curve over one field, a map over two."""

from collections.abc import Sequence
from typing import Any, cast

from mouse_dashboard.figures.palette import BLUE, ORANGE
from mouse_dashboard.figures.plot_text import plot_name, plot_text
from mouse_dashboard.figures.typed_array import typed_array
from mouse_dashboard.scan.figures import doubles
from mouse_dashboard.scan.models import ScanFigure, SweepFigures
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.schema.results import PlotlyFigure


def sweep_figures(scan: SavedScan) -> SweepFigures:
    """Each loss over one field, or over two."""
    rows = scan.rows("sweep", shard=ALL)
    losses = dict.fromkeys(row["loss"] for row in rows)
    return SweepFigures(figures=[_sweep(loss, [row for row in rows if row["loss"] == loss]) for loss in losses])


def _sweep(loss: str, rows: Sequence[Row]) -> ScanFigure:
    warnings = sorted(
        {str(text).partition(":")[0] for row in rows for text in cast("list[str]", row["findings"] or [])}
    )
    found = f"; findings at some points: {', '.join(warnings)}" if warnings else ""
    note = f"{loss}: mean over {max(row['count'] for row in rows):,} places of all shards{found}"
    return ScanFigure(note=note, figure=_map(rows) if rows[0].get("field_1") else _curve(loss, rows))


def _curve(loss: str, rows: Sequence[Row]) -> PlotlyFigure:
    custom = [
        [plot_text(", ".join(row["findings"] or []) or "no findings"), row["median"], row["non_finite"]] for row in rows
    ]
    field = plot_name(rows[0]["field_0"])
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plot_name(loss),
        "x": typed_array(doubles([row["value_0"] for row in rows])),
        "y": typed_array(doubles([row["mean"] for row in rows])),
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": [ORANGE if row["findings"] else BLUE for row in rows], "size": 7},
        "customdata": custom,
        "hovertemplate": (
            f"{field} %{{x:.6g}}: mean %{{y:.6g}}, median %{{customdata[1]:.4g}}<br>%{{customdata[0]}}<extra></extra>"
        ),
    }
    layout = {"xaxis": {"title": {"text": field}}, "yaxis": {"title": {"text": f"{plot_name(loss)} loss"}}}
    return PlotlyFigure(data=[trace], layout=layout)


def _map(rows: Sequence[Row]) -> PlotlyFigure:
    across, down = (sorted({row[name] for row in rows}) for name in ("value_0", "value_1"))
    means = {(row["value_0"], row["value_1"]): row["mean"] for row in rows}
    values = [[means.get((x, y), float("nan")) for x in across] for y in down]
    trace = {
        "type": "heatmap",
        "x": across,
        "y": down,
        "z": typed_array(doubles(values)),
        "hovertemplate": "%{x:.6g}, %{y:.6g}: mean %{z:.6g}<extra></extra>",
    }
    fields = (plot_name(rows[0][name]) for name in ("field_0", "field_1"))
    layout: dict[str, Any] = {
        name: {"title": {"text": field}} for name, field in zip(("xaxis", "yaxis"), fields, strict=True)
    }
    return PlotlyFigure(data=[trace], layout=layout)
