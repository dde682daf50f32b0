"""Loss by class over all shards, and the shards where a class has the highest loss."""

import re
from collections import defaultdict
from collections.abc import Sequence
from math import isfinite

from mouse_dashboard.scan.models import ClassQuery, ScanClass, ScanClasses
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.scan.shard_view import address_beside
from mouse_dashboard.schema.errors import ApiError

LEAST = 0.01
"""Share of a shard's places that a class must have to be compared."""


def scan_classes(scan: SavedScan, query: ClassQuery) -> ScanClasses:
    """Classes of a loss, compared with their means in one shard.

    Raises:
        ApiError: 404, the scan has no such loss, or no shard of that rank.
    """
    known = [*scan.facts["losses"], *scan.facts["not_computed"]]
    if query.loss not in known:
        message = f"loss: found {query.loss[:60]!r}, expected one of {', '.join(known)}."
        raise ApiError(404, "unknown_loss", message, "loss")
    rows, address = scan.rows("classes", loss=query.loss), address_beside(scan, query)
    by_class: dict[tuple[str, str], list[Row]] = defaultdict(list)
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        by_class[row["grouping"], row["class"]].append(row)
        totals[row["shard"], row["grouping"]] += row["count"]
    own = {(row["grouping"], row["class"]): row["mean"] for row in rows if address and row["shard"] == address}
    found: list[ScanClass] = []
    for whole in sorted((row for row in rows if row["shard"] == ALL), key=_natural):
        key = whole["grouping"], whole["class"]
        enough = [row for row in by_class[key] if row["count"] >= LEAST * totals[row["shard"], row["grouping"]]]
        highest = _highest(enough)
        found.append(
            ScanClass(
                grouping=key[0],
                label=key[1],
                count=whole["count"],
                non_finite=whole["non_finite"],
                mean=whole["mean"],
                mean_of_shard=own.get(key),
                highest=highest["shard"] if highest else "",
                highest_rank=scan.ranks.get(highest["shard"]) if highest else None,
                highest_mean=highest["mean"] if highest else None,
            )
        )
    return ScanClasses(classes=found)


def _natural(row: Row) -> tuple[str, list[tuple[int, str]]]:
    """Natural sort key of labels: time 2 before time 16."""
    parts = re.split(r"(\d+)", row["class"])
    return row["grouping"], [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _highest(rows: Sequence[Row]) -> Row | None:
    known = [row for row in rows if row["shard"] != ALL and row["mean"] is not None and isfinite(row["mean"])]
    return max(known, key=lambda row: row["mean"], default=None)
