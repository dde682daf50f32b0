"""The shards of a scan for the page: a table of shards, and one shard with all its issues."""

from math import inf, isfinite

from mouse_dashboard.scan.drift import THRESHOLD
from mouse_dashboard.scan.models import BesideQuery
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.scan.shard_models import ShardDeviation, ShardInfo, ShardIssue, ShardPage, ShardQuery, ShardRow
from mouse_dashboard.scan.titles import title_of
from mouse_dashboard.schema.errors import ApiError


def stands_out(shard: Row) -> bool:
    """Whether a shard itself has a warning or an error."""
    return shard["errors"] + shard["warnings"] > 0


def shard_page(scan: SavedScan, query: ShardQuery) -> ShardPage:
    """Some shards of a scan, in some order."""
    names = list(scan.facts["losses"])
    loss = query.loss if query.loss is not None else next(iter(names), "")
    rows = [_shard_row(scan, shard, loss) for shard in scan.shards if _is_wanted(scan, shard, query)]
    if query.sort == "rank":
        rows.sort(key=lambda row: row.rank, reverse=query.descending)
    elif query.sort == "name":
        rows.sort(key=lambda row: row.shard, reverse=query.descending)
    else:
        sign = -1 if query.descending else 1
        rows.sort(key=lambda row: (_number(getattr(row, query.sort), sign), row.rank))
    return ShardPage(total=len(scan.shards), matching=len(rows), shards=rows[query.offset : query.offset + query.limit])


def _number(value: float | None, sign: int) -> float:
    return inf if value is None or not isfinite(value) else sign * value


def _is_wanted(scan: SavedScan, shard: Row, query: ShardQuery) -> bool:
    issues = scan.issues.get(shard["shard"], [])
    states = {
        "all": True,
        "issues": stands_out(shard),
        "errors": shard["errors"] > 0,
        "clean": not stands_out(shard),
    }
    search = query.search.lower()
    texts = [shard["shard"], *(f"{issue['check']} {issue['message']}" for issue in issues)] if search else []
    return (
        states[query.state]
        and (not query.check or query.check in scan.checks.get(shard["shard"], ()))
        and (not search or any(search in text.lower() for text in texts))
    )


def _shard_row(scan: SavedScan, shard: Row, loss: str) -> ShardRow:
    address = shard["shard"]
    first = next((issue for issue in scan.issues.get(address, []) if issue["severity"] != "info"), None)
    distance, quantity = scan.deviations.get(address, (None, ""))
    return ShardRow(
        **_facts(shard),
        errors=shard["errors"],
        warnings=shard["warnings"],
        message=first["message"] if first else "",
        check=first["check"] if first else "",
        deviation=distance,
        quantity=quantity,
        large=_is_large(distance),
        loss=scan.means.get((address, loss)),
    )


def shard_of(scan: SavedScan, rank: int) -> Row:
    """The shard of a rank.

    Raises:
        ApiError: 404, no shard has this rank.
    """
    if rank >= len(scan.shards):
        raise ApiError(404, "unknown_shard", f"rank: found {rank}, expected less than {len(scan.shards)}.", "rank")
    return scan.shards[rank]


def address_beside(scan: SavedScan, query: BesideQuery) -> str | None:
    """Address of the shard to show beside all.

    Raises:
        ApiError: 404, no shard has this rank.
    """
    return None if query.shard is None else shard_of(scan, query.shard)["shard"]


def shard_info(scan: SavedScan, rank: int) -> ShardInfo:
    """One shard with all its issues.

    Raises:
        ApiError: 404, no shard has this rank.
    """
    shard = shard_of(scan, rank)
    address = shard["shard"]
    issues = scan.rows("issues", shard=address)
    means = {row["quantity"]: row["mean"] for row in scan.rows("distributions", shard=address)}
    of_all = {row["quantity"]: row["mean"] for row in scan.rows("distributions", shard=ALL)}
    deviations = [
        ShardDeviation(
            quantity=row["quantity"],
            distance=row["distance"],
            large=_is_large(row["distance"]),
            mean=means.get(row["quantity"]),
            mean_of_all=of_all.get(row["quantity"]),
        )
        for row in scan.rows("histograms", shard=address)
    ]
    return ShardInfo(
        **_facts(shard),
        issues=[_issue(row) for row in issues if not row["in_most_shards"]],
        common=[_issue(row) for row in issues if row["in_most_shards"]],
        deviations=sorted(deviations, key=lambda each: (-(each.distance or 0), each.quantity)),
        notes=shard["notes"] or [],
    )


def _is_large(distance: float | None) -> bool:
    return distance is not None and distance > THRESHOLD


def _facts(shard: Row) -> Row:
    same = {name: shard[name] for name in ("rank", "shard", "sequences", "steps")}
    return same | {"read": shard["scanned"]}


def _issue(row: Row) -> ShardIssue:
    same = {name: row[name] for name in ("check", "severity", "quantity", "message", "fix", "count")}
    return ShardIssue(title=title_of(row["check"]), places=row["places"] or [], **same)
