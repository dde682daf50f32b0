"""Write the tables of a scan as Parquet, deterministically."""

import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

import pyarrow as arrow
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from mouse import __version__
from mouse.diagnosis.finding import SEVERITIES
from mouse.non_finite import spell
from mouse_dashboard.scan.deviations import CODES, sample_of
from mouse_dashboard.scan.display_bins import DisplayBins, code_bins, display_bins
from mouse_dashboard.scan.folder import ScanFolder
from mouse_dashboard.scan.issue import LOSS, Issue
from mouse_dashboard.scan.report import ScanReport
from mouse_dashboard.scan.saved import ALL, Row
from mouse_dashboard.scan.scan_marker import FORMAT, MARK, WINDOWS
from mouse_dashboard.scan.source import Source
from mouse_dashboard.scan.summary import Summary, Worst
from mouse_dashboard.scan.task import Request
from mouse_dashboard.scan.windows import Window, write_windows

pa = cast("Any", arrow)  # it has no types
ROWS_AT_ONCE = 4096
LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def write_scan(folder: ScanFolder, request: Request, sources: Sequence[Source], report: ScanReport) -> None:
    """Write all tables, and the windows around the worst places.

    Raises:
        OSError: they cannot be written.
    """
    windows = write_windows(folder.path / WINDOWS, request, sources, report.worst)
    for name, table in _collected(tables(report, windows)).items():
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        folder.write(folder.path / f"{name}.parquet", content.getvalue())
    whole = as_json(report) | {
        "request": TypeAdapter(Request).dump_python(request, mode="json"), "mouse": __version__, "format": FORMAT
    }  # fmt: skip
    folder.write(folder.path / MARK, json.dumps(whole, indent=1, allow_nan=False).encode())


def _collected(parts: Iterable[tuple[str, list[Row]]]) -> dict[str, Any]:
    """Put rows together; Arrow holds them in a tenth of the memory that they take in Python."""
    rows, collected = defaultdict[str, list[Row]](list), defaultdict[str, list[Any]](list)
    for name, some in parts:
        rows[name] += some
        if len(rows[name]) >= ROWS_AT_ONCE:
            collected[name].append(pa.Table.from_pylist(rows.pop(name)))
    for name, some in rows.items():
        collected[name].append(pa.Table.from_pylist(some))
    return {
        name: pa.concat_tables([each for each in of if each.num_columns] or of, promote_options="permissive")
        for name, of in collected.items()
    }


def as_json(report: ScanReport) -> Row:
    """The output of `mouse scan --json`: plain values; non-finite numbers are spelt out."""
    return {
        "complete": not report.missing,
        "missing_tasks": report.missing,
        "sequences": report.whole.sequences,
        "steps": report.whole.steps,
        "shards": [
            {
                "shard": each.address,
                "issues": [_spelt(_issue(issue)) for issue in each.issues],
                "notes": list(each.notes),
            }
            for each in report.shards
        ],
        "in_most_shards": [_spelt(_issue(each.issue)) | {"shards": list(each.shards)} for each in report.common],
        "losses": {
            name.removesuffix(LOSS): {
                "mean": spell(found.mean),
                "count": found.count,
                "divisor": found.divisor,
                "non_finite": found.non_finite,
            }
            for name, found in report.whole.distributions.items()
            if name.endswith(LOSS)
        },
        "sweep": {
            point: {
                "losses": {name: spell(values.mean) for name, values in found.losses.items()},
                "metrics": {name: spell(values.mean) for name, values in found.metrics.items()},
                "findings": found.findings,
            }
            for point, found in report.whole.sweep.items()
        },
        "not_computed": {name: list(reasons) for name, reasons in report.whole.not_computed.items()},
        "not_checked": [{**vars(each), "needs": list(each.needs)} for each in report.not_checked],
        "worst": [
            {"loss": each.loss, "shard": each.address, "value": each.place.value, "row": each.place.row,
             "step": each.place.step, "file_row": each.place.file_row}
            for each in report.worst
        ],
    }  # fmt: skip


def tables(report: ScanReport, windows: Mapping[Worst, Window]) -> Iterator[tuple[str, list[Row]]]:
    """Rows of the tables, in batches: those of all shards would exhaust the memory."""
    yield (
        "shards",
        [
            {"shard": each.address, "rank": rank, "sequences": each.sequences, "steps": each.steps}
            | {f"{name}s": sum(issue.severity == name for issue in each.issues) for name in SEVERITIES}
            | {"scanned": each.scanned, "notes": list(each.notes)}
            for rank, each in enumerate(report.shards)
        ],
    )
    own = [(each.address, False, issue) for each in report.shards for issue in each.issues]
    common = [(shard, True, each.issue) for each in report.common for shard in each.shards]
    yield "issues", [{"shard": shard, "in_most_shards": most} | _issue(issue) for shard, most, issue in own + common]
    yield (
        "worst",
        [
            {"loss": each.loss, "shard": each.address, **vars(each.place)}
            | dict(zip(("window", "window_step"), windows.get(each, (None, None)), strict=True))
            for each in report.worst
        ],
    )
    bars = {name: found for name in report.deviations if (found := _bars(report.whole, name)) is not None}
    yield "histograms", [_histogram_of_all(report.whole, name, of) for name, of in bars.items()]
    parts = chain(
        ((each.address, report.summaries[each.address]) for each in report.shards if each.scanned),
        [(ALL, report.whole)],
    )
    for shard, summary in parts:
        yield "distributions", [*_distributions(shard, summary)]
        yield "classes", [*_classes(shard, summary)]
        yield "sweep", [*_sweep(shard, summary)]
        if shard != ALL:
            yield "histograms", [_histogram(report, shard, summary, name, of) for name, of in bars.items()]
            yield "rules", [*_rules(shard, summary)]


def _issue(issue: Issue) -> Row:
    return {**vars(issue), "places": [list(place) for place in issue.places]}


def _spelt(row: Row) -> Row:
    return {name: spell(value) if isinstance(value, float) else value for name, value in row.items()}


def _bars(whole: Summary, quantity: str) -> DisplayBins | None:
    total = sample_of(whole, quantity)
    if not total:
        return None
    return code_bins(total) if quantity in CODES else display_bins(total)


def _histogram_of_all(whole: Summary, quantity: str, bars: DisplayBins) -> Row:
    row = {"shard": ALL, "quantity": quantity, "low": list(bars.low), "high": list(bars.high)}
    return row | {"count": bars.counts_of(sample_of(whole, quantity)), "distance": None, "p": None}


def _histogram(report: ScanReport, shard: str, summary: Summary, quantity: str, bars: DisplayBins) -> Row:
    """Bars of a shard, and how far it is from all others."""
    distance = report.deviations[quantity].get(shard)
    row = {"shard": shard, "quantity": quantity, "low": None, "high": None}
    counts = bars.counts_of(sample_of(summary, quantity))
    return row | {"count": counts, "distance": distance and distance.size, "p": distance and distance.p}


def _distributions(shard: str, summary: Summary) -> Iterator[Row]:
    for name, found in summary.distributions.items():
        yield {
            "shard": shard,
            "quantity": name,
            "count": found.count,
            "divisor": found.divisor,
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
        row = {"shard": shard, "loss": loss, "grouping": grouping, "class": label, "count": found.count}
        yield row | {"non_finite": found.non_finite, "mean": found.mean, "sum": found.sum}


def _sweep(shard: str, summary: Summary) -> Iterator[Row]:
    for point, found in summary.sweep.items():
        settings = dict(each.split("=") for each in point.split())
        point_columns = {f"field_{number}": name for number, name in enumerate(settings)}
        point_columns |= {f"value_{number}": float(value) for number, value in enumerate(settings.values())}
        for name, metric in found.metrics.items():
            loss, _, quantity = name.partition(".")
            row = {"shard": shard, **point_columns, "loss": loss, "metric": quantity, "mean": metric.mean}
            of_losses = dict.fromkeys(("median", "std", "non_finite", "findings"))
            yield row | {"count": metric.places} | of_losses
        for loss, values in found.losses.items():
            row = {"shard": shard, **point_columns, "loss": loss, "metric": "", "mean": values.mean}
            row["median"] = values.quantile(0.5)
            yield (
                row
                | {"std": values.std, "count": values.count, "non_finite": values.non_finite}
                | {"findings": [f"{rule}: {blocks}" for rule, blocks in found.findings.items()]}
            )


def _rules(shard: str, summary: Summary) -> Iterator[Row]:
    """Which rules ran and which did not: in how many blocks, and why."""
    for rule, blocks in summary.checked.items():
        yield {"shard": shard, "rule": rule, "part": "", "blocks": blocks, "checked": True, "needs": None}
    for key, reasons in summary.not_checked.items():
        rule, _, part = key.partition("\n")
        for needs, blocks in reasons.items():
            yield {"shard": shard, "rule": rule, "part": part, "blocks": blocks, "checked": False, "needs": needs}
