"""A scan for the page, from its tables."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from mouse.diagnosis.finding import SEVERITIES
from mouse.losses.loss import AnyLoss
from mouse_dashboard.scan.library import ScanLibrary
from mouse_dashboard.scan.models import (
    LossOfAll,
    ScanFinding,
    ScanInfo,
    ScanList,
    ScanSummary,
    UncheckedInfo,
    WorstTransition,
)
from mouse_dashboard.scan.saved import ALL, Row, SavedScan
from mouse_dashboard.scan.shard_view import stands_out
from mouse_dashboard.scan.titles import title_of
from mouse_dashboard.schema.errors import ApiError


def scan_list(library: ScanLibrary) -> ScanList:
    """All scans; an unreadable one carries its error."""
    return ScanList(scans=[_summary(library, key, name) for key, name in library.names.items()])


def _summary(library: ScanLibrary, key: str, name: str) -> ScanSummary:
    try:
        return ScanSummary(id=key, name=name, error=None, **_counts(library.open(key)))
    except ApiError as error:
        return ScanSummary(id=key, name=name, error=str(error), complete=False, shards=0, standing_out=0, steps=0)


def _counts(scan: SavedScan) -> dict[str, Any]:
    return {
        "complete": scan.complete,
        "shards": len(scan.shards),
        "standing_out": sum(stands_out(row) for row in scan.shards),
        "steps": scan.facts["steps"],
    }


def scan_info(library: ScanLibrary, key: str, losses: Mapping[str, AnyLoss]) -> ScanInfo:
    """A scan without its shards.

    Raises:
        ApiError: 404 or 422, it cannot be shown.
    """
    scan = library.open(key)
    facts, ranks = scan.facts, scan.ranks
    names = [*facts["losses"], *(name for name in facts["not_computed"] if name not in facts["losses"])]
    rules = {row["rule"] for row in scan.distinct("rules", "rule", "checked") if row["checked"]}
    quantities = {row["quantity"]: None for row in scan.rows("histograms", shard=ALL)}
    return ScanInfo(
        id=key,
        name=library.names[key],
        error=None,
        **_counts(scan),
        sequences=facts["sequences"],
        missing_tasks=facts["missing_tasks"],
        losses=[_loss_of_all(name, facts) for name in names],
        findings=list(_findings(scan, ranks)),
        rules_run=len(rules),
        not_checked=[UncheckedInfo(**each) for each in facts["not_checked"]],
        worst=[_worst(number, row, ranks) for number, row in enumerate(scan.worst)],
        quantities=list(quantities),
        sweeps=bool(facts["sweep"]),
        command=list(_command(facts["request"], losses)),
    )


def changed_fields(configs: Mapping[str, Mapping[str, Any]], losses: Mapping[str, AnyLoss]) -> dict[str, Row]:
    """Non-default config fields of a scan."""
    changed: dict[str, Row] = {}
    for name, config in configs.items():
        defaults: Row = {}
        if name in losses:
            usual = losses[name].config()
            defaults = {field.name: getattr(usual, field.name) for field in fields(usual)}
        changed[name] = {field: value for field, value in config.items() if defaults.get(field) != value}
    return changed


def _loss_of_all(name: str, facts: Mapping[str, Any]) -> LossOfAll:
    found = facts["losses"].get(name, {"mean": "NaN", "count": 0, "divisor": 0, "non_finite": 0})
    return LossOfAll(
        name=name,
        mean=float(found["mean"]),
        count=found["count"],
        divisor=found["divisor"],
        non_finite=found["non_finite"],
        reasons=facts["not_computed"].get(name, []),
    )


def _command(request: Mapping[str, Any], losses: Mapping[str, AnyLoss]) -> Iterator[str]:
    for name, config in changed_fields(request["configs"], losses).items():
        yield f"{name}: {', '.join(f'{field} = {value}' for field, value in config.items()) or 'defaults'}"
    for function in request["functions"]:
        yield f"own loss {_last(function)}"
    if request["model"]:
        yield f"model {_last(request['model'])}"
    for sweep in request["sweep"]:
        yield f"sweep {sweep}"


def _last(address: str) -> str:
    """File and function without parent folders, which are private to the operator."""
    return address.replace("\\", "/").rpartition("/")[2]


def _findings(scan: SavedScan, ranks: Mapping[str, int]) -> Iterator[ScanFinding]:
    """One finding per kind, the worst first, with the message of the worst shard."""
    names = ("check", "in_most_shards", "shard", "severity", "quantity")
    kinds, in_most, shards, severities, quantities = scan.columns("issues", *names)
    grouped: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for place, kind in enumerate(zip(kinds, in_most, strict=True)):
        grouped[kind].append(place)
    worst_first = [SEVERITIES.index(severity) for severity in severities]
    worst = {
        kind: min(places, key=lambda place: (worst_first[place], ranks.get(shards[place], 0)))
        for kind, places in grouped.items()
    }
    words = scan.table("issues", "message", "fix")
    for kind in sorted(grouped, key=lambda each: (worst_first[worst[each]], -len(grouped[each]), each)):
        (message_and_fix,) = words.slice(worst[kind], 1).to_pylist()
        yield ScanFinding(
            check=kind[0],
            title=title_of(kind[0]),
            quantities=sorted({quantities[place] for place in grouped[kind]} - {"", None}),
            severity=severities[worst[kind]],
            shards=len({shards[place] for place in grouped[kind]}),
            in_most=kind[1],
            first=ranks.get(shards[worst[kind]]),
            **message_and_fix,
        )


def _worst(number: int, row: Row, ranks: Mapping[str, int]) -> WorstTransition:
    place = {name: row[name] for name in ("loss", "value", "shard", "row", "step", "file_row")}
    return WorstTransition(number=number, rank=ranks.get(row["shard"]), opens=row["window"] is not None, **place)
