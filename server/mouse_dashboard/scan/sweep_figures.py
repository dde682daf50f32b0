"""Figures of a sweep: losses and metrics as a curve over one field, or a map over two."""

from collections.abc import Sequence
from typing import Any, cast

from mouse_dashboard.figures.encoding import plot_name, plot_text, typed_array
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.scan.figures import doubles
from mouse_dashboard.scan.models import ScanFigure, SweepFigures
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.schema.results import PlotlyFigure


def sweep_figures(scan: SavedScan) -> SweepFigures:
    """A figure for each loss, and for each of its metrics that is not constant."""
    drawn: dict[tuple[str, str], list[Row]] = {}
    for row in scan.rows("sweep", shard=ALL):
        drawn.setdefault((row["loss"], row["metric"]), []).append(row)
    return SweepFigures(
        figures=[
            _of_metric(f"{loss} {metric}", rows) if metric else _of_loss(loss, rows)
            for (loss, metric), rows in sorted(drawn.items(), key=lambda item: item[0])
            if not metric or len({row["mean"] for row in rows if row["mean"] == row["mean"]}) > 1
        ]
    )


def _of_metric(name: str, rows: Sequence[Row]) -> ScanFigure:
    note = f"{name}: as training would log it, mean over {max(row['count'] for row in rows):,} places of all shards"
    return ScanFigure(note=note, figure=_map(rows) if rows[0].get("field_1") else _curve(name, rows))


def _of_loss(loss: str, rows: Sequence[Row]) -> ScanFigure:
    warnings = sorted(
        {str(text).partition(":")[0] for row in rows for text in cast("list[str]", row["findings"] or [])}
    )
    found = f"; findings at some points: {', '.join(warnings)}" if warnings else ""
    note = f"{loss}: mean over {max(row['count'] for row in rows):,} places of all shards{found}"
    return ScanFigure(note=note, figure=_map(rows) if rows[0].get("field_1") else _curve(f"{loss} loss", rows))


def _curve(name: str, rows: Sequence[Row]) -> PlotlyFigure:
    custom = [[plot_text(text) for text in _beside(row)] for row in rows]
    field = plot_name(rows[0]["field_0"])
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plot_name(name),
        "x": typed_array(doubles([row["value_0"] for row in rows])),
        "y": typed_array(doubles([row["mean"] for row in rows])),
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": [ORANGE if row["findings"] else BLUE for row in rows], "size": 7},
        "customdata": custom,
        "hovertemplate": (
            f"{field} %{{x:.6g}}: mean %{{y:.6g}}%{{customdata[1]}}<br>%{{customdata[0]}}<extra></extra>"
        ),
    }
    layout = {"xaxis": {"title": {"text": field}}, "yaxis": {"title": {"text": plot_name(name)}}}
    return PlotlyFigure(data=[trace], layout=layout)


def _beside(row: Row) -> tuple[str, str]:
    """Findings and median of a point of a loss; a metric has neither."""
    if row["metric"]:
        return "", ""
    return ", ".join(row["findings"] or []) or "no findings", f", median {row['median']:.4g}"


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
