"""Two scans side by side: another checkpoint on the same data, or other data under the same checkpoint."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import pyarrow.parquet as pq
from rich.text import Text

from mouse_dashboard.scan.folder import MARK
from mouse_dashboard.scan.report import ScanReport
from mouse_dashboard.schema.errors import ApiError

SHARDS = 10
LOSS = ".loss"


class Earlier(NamedTuple):
    """What is read of a scan that was done before."""

    folder: Path
    means: Mapping[tuple[str, str], float]
    """Mean of each loss of each shard, and of all under an empty name."""
    issues: frozenset[tuple[str, str, str]]
    """Shard, check and quantity of what was wrong."""


def read_earlier(folder: Path) -> Earlier:
    """Read a scan's folder.

    Raises:
        ApiError: 422, it is none of a scan that was completed.
    """
    try:
        told: dict[str, Any] = json.loads((folder / MARK).read_text(encoding="utf-8"))
        rows = cast("list[dict[str, Any]]", cast("Any", pq).read_table(folder / "distributions.parquet").to_pylist())
        issues = {
            (shard["shard"], each["check"], each["quantity"]) for shard in told["shards"] for each in shard["issues"]
        } | {(shard, each["check"], each["quantity"]) for each in told["in_most_shards"] for shard in each["shards"]}
        means = {(row["shard"], row["quantity"]): row["mean"] for row in rows if row["quantity"].endswith(LOSS)}
    except (OSError, ValueError, KeyError) as error:
        raise ApiError(422, "no_scan", f"--against {folder}: found no scan there, expected its --out.") from error
    return Earlier(folder, means, frozenset(issues))


def lines(report: ScanReport, earlier: Earlier) -> Iterator[Text]:
    """Tell what changed: losses of all, then the shards whose loss rose most, then what is wrong now and was not."""
    yield Text(f"Against {earlier.folder}", "bold")
    for name, found in report.whole.distributions.items():
        if name.endswith(LOSS):
            before = earlier.means.get(("", name))
            change = "was not computed" if before is None else f"was {before:.6g}, {_change(before, found.mean)}"
            yield Text(f"  {name.removesuffix(LOSS)} {found.mean:.6g}, {change}")
    rises = sorted(_rises(report, earlier), key=lambda each: -each[0])
    for rise, shard, name, before, now in rises[:SHARDS]:
        if rise > 0:
            yield Text(f"  {shard}: {name.removesuffix(LOSS)} {before:.6g} -> {now:.6g}, {_change(before, now)}")
    now_wrong = {(each.address, *issue.key) for each in report.shards for issue in each.issues}
    now_wrong |= {(shard, *each.issue.key) for each in report.common for shard in each.shards}
    for title, issues in (("new", now_wrong - earlier.issues), ("gone", earlier.issues - now_wrong)):
        for shard, check, quantity in sorted(issues):
            yield Text(f"  {title}: {shard} {check} {quantity}")


def _rises(report: ScanReport, earlier: Earlier) -> Iterator[tuple[float, str, str, float, float]]:
    for shard in report.scanned:
        for name, found in shard.summary.distributions.items():
            before = earlier.means.get((shard.address, name))
            if before is not None and found.count:
                yield (found.mean - before) / (abs(before) or 1), shard.address, name, before, found.mean


def _change(before: float, now: float) -> str:
    return f"{100 * (now - before) / abs(before):+.3g} %" if before else f"{now - before:+.3g}"
