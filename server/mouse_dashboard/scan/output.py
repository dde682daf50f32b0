"""The tables of a scan, as Parquet; the same results make the same bytes."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from mouse import __version__
from mouse.diagnosis.finding import SEVERITIES
from mouse.non_finite import spell
from mouse_dashboard.scan.folder import MARK, ScanFolder
from mouse_dashboard.scan.issue import Issue
from mouse_dashboard.scan.report import ScanReport, Worst
from mouse_dashboard.scan.source import Source
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.task import Request
from mouse_dashboard.scan.windows import Window, write_windows

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
ALL = ""
"""Stands where others name a shard: all of them together."""
Row = dict[str, Any]


def write_scan(folder: ScanFolder, request: Request, sources: Sequence[Source], report: ScanReport) -> None:
    """Write all tables, and the windows of the worst places.

    Raises:
        OSError: they cannot be written.
    """
    windows = write_windows(folder.path / "windows", request, sources, report.worst)
    for name, rows in tables(report, windows).items():
        table = cast("Any", pa.Table.from_pylist(rows))
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        folder.write(folder.path / f"{name}.parquet", content.getvalue())
    told = as_json(report) | {"request": TypeAdapter(Request).dump_python(request, mode="json"), "mouse": __version__}
    folder.write(folder.path / MARK, json.dumps(told, indent=1, allow_nan=False).encode())


def as_json(report: ScanReport) -> Row:
    """What `mouse scan --json` prints: plain values; what is not finite is spelt out."""
    return {
        "complete": not report.missing,
        "missing_tasks": report.missing,
        "sequences": report.whole.sequences,
        "steps": report.whole.steps,
        "shards": [
            {"shard": each.address, "issues": [_issue(issue) for issue in each.issues], "notes": list(each.notes)}
            for each in report.shards
        ],
        "in_most_shards": [_issue(each.issue) | {"shards": list(each.shards)} for each in report.common],
        "losses": {
            name.removesuffix(".loss"): {
                "mean": spell(found.mean),
                "count": found.count,
                "non_finite": found.non_finite,
            }
            for name, found in report.whole.distributions.items()
            if name.endswith(".loss")
        },
        "sweep": {
            point: {
                "losses": {name: spell(values.mean) for name, values in found.losses.items()},
                "findings": found.findings,
            }
            for point, found in report.whole.sweep.items()
        },
        "not_computed": {name: list(reasons) for name, reasons in report.whole.not_computed.items()},
        "worst": [
            {"loss": each.loss, "shard": each.address, "value": each.place.value, "row": each.place.row,
             "step": each.place.step, "file_row": each.place.file_row}
            for each in report.worst
        ],
    }  # fmt: skip


def tables(report: ScanReport, windows: Mapping[Worst, Window]) -> dict[str, list[Row]]:
    """Rows of each table."""
    parts = [*((each.address, each.summary) for each in report.scanned), (ALL, report.whole)]
    return {
        "shards": [
            {"shard": each.address, "rank": rank, "sequences": each.summary.sequences, "steps": each.summary.steps}
            | {f"{name}s": sum(issue.severity == name for issue in each.issues) for name in SEVERITIES}
            | {"scanned": bool(each.summary.blocks), "notes": list(each.notes)}
            for rank, each in enumerate(report.shards)
        ],
        "issues": [
            {"shard": each.address, "in_most_shards": False} | _issue(issue)
            for each in report.shards
            for issue in each.issues
        ]
        + [
            {"shard": shard, "in_most_shards": True} | _issue(each.issue)
            for each in report.common
            for shard in each.shards
        ],
        "distributions": [row for shard, summary in parts for row in _distributions(shard, summary)],
        "classes": [row for shard, summary in parts for row in _classes(shard, summary)],
        "sweep": [row for shard, summary in parts for row in _sweep(shard, summary)],
        "rules": [row for shard, summary in parts[:-1] for row in _rules(shard, summary)],
        "worst": [
            {"loss": each.loss, "shard": each.address, **vars(each.place)}
            | dict(zip(("window", "window_step"), windows.get(each, (None, None)), strict=True))
            for each in report.worst
        ],
    }


def _issue(issue: Issue) -> Row:
    told = {**vars(issue), "places": [list(place) for place in issue.places]}
    return {name: spell(value) if isinstance(value, float) else value for name, value in told.items()}


def _distributions(shard: str, summary: Summary) -> Iterator[Row]:
    for name, found in summary.distributions.items():
        yield {
            "shard": shard,
            "quantity": name,
            "count": found.count,
            "nan": found.nan,
            "positive_infinity": found.positive_infinity,
            "negative_infinity": found.negative_infinity,
            "minimum": found.minimum,
            "maximum": found.maximum,
            "mean": found.mean,
            "std": found.std,
            "sum": found.sum,
        } | {f"q{round(100 * level):02}": found.quantile(level) for level in LEVELS}


def _classes(shard: str, summary: Summary) -> Iterator[Row]:
    for key, found in summary.classes.items():
        loss, grouping, label = key.split("\n")
        mean = found.sum / found.count if found.count else None
        row = {"shard": shard, "loss": loss, "grouping": grouping, "class": label, "count": found.count}
        yield row | {"non_finite": found.non_finite, "mean": mean, "sum": found.sum}


def _sweep(shard: str, summary: Summary) -> Iterator[Row]:
    for point, found in summary.sweep.items():
        settings = dict(each.split("=") for each in point.split())
        told = {f"field_{number}": name for number, name in enumerate(settings)}
        told |= {f"value_{number}": float(value) for number, value in enumerate(settings.values())}
        for loss, values in found.losses.items():
            row = {"shard": shard, **told, "loss": loss, "mean": values.mean, "median": values.quantile(0.5)}
            yield (
                row
                | {"std": values.std, "count": values.count, "non_finite": values.non_finite}
                | {"findings": [f"{rule}: {blocks}" for rule, blocks in found.findings.items()]}
            )


def _rules(shard: str, summary: Summary) -> Iterator[Row]:
    """What ran, and what did not: in how many blocks, and why."""
    for rule, blocks in summary.checked.items():
        yield {"shard": shard, "rule": rule, "blocks": blocks, "checked": True, "needs": None}
    for rule, reasons in summary.not_checked.items():
        for needs, blocks in reasons.items():
            yield {"shard": shard, "rule": rule, "blocks": blocks, "checked": False, "needs": needs}
