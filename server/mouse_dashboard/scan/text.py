"""A scan report as text: first the shards that stand out, then issues of most shards, then the merged numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import isnan

from rich.console import Console
from rich.text import Text

from mouse.wording import counted, cut
from mouse_dashboard.doctor.text import STYLES
from mouse_dashboard.scan.compare import Change, Comparison
from mouse_dashboard.scan.issue import LOSS, Issue
from mouse_dashboard.scan.report import ScanReport, ShardReport
from mouse_dashboard.scan.unchecked import Unchecked

SHARDS = 20
ISSUES = 3
"""Of a shard, issues that are printed."""
LONGEST = 240
"""Characters of a message."""
WORST = 5
RISES = 10
"""Shards whose loss rose most."""


def print_scan(report: ScanReport, out: str | None) -> None:
    """Print a scan's report."""
    print_lines(lines(report, out))


def print_lines(texts: Iterable[Text]) -> None:
    """Print lines, in colour if the terminal supports it."""
    console = Console(highlight=False, soft_wrap=True)
    for line in texts:
        console.print(line)


def lines(report: ScanReport, out: str | None) -> Iterator[Text]:
    """The lines of a scan's report."""
    bad = [shard for shard in report.shards if any(issue.severity != "info" for issue in shard.issues)]
    shards = counted(len(report.shards), "shard")
    stand_out = f"{len(bad):,} of {shards} stand out" if report.shards else "no shard is done"
    steps = f"; {counted(report.whole.sequences, 'sequence')}, {report.whole.steps:,} steps in all"
    yield Text.assemble((stand_out, "bold"), steps * bool(report.shards))
    if report.missing:
        advice = "run the command again to go on" if out else "nothing is kept: with --out a second run would go on"
        yield Text(f"partial: {counted(report.missing, 'task')} not done; {advice}", "bold red")
    for shard in bad[:SHARDS]:
        yield from _shard(shard)
    if len(bad) > SHARDS:
        yield Text(f"and {counted(len(bad) - SHARDS, 'shard')} more", "dim")
    common = [each for each in report.common if each.issue.severity != "info"]
    if common:
        yield Text("In most shards", "bold")
        for each in common:
            yield _issue(each.issue, f" ({len(each.shards):,} of {len(report.shards):,})")
    yield from _losses(report)
    yield from _sweep(report)
    yield from _unchecked(report.not_checked)
    if out is not None:
        yield Text(f"{out}: tables, and the windows of the worst transitions", "dim")


def _shard(shard: ShardReport) -> Iterator[Text]:
    yield Text(shard.address, "bold")
    issues = [issue for issue in shard.issues if issue.severity != "info"]
    for issue in issues[:ISSUES]:
        yield _issue(issue, "")
    if len(issues) > ISSUES:
        yield Text(f"  and {len(issues) - ISSUES} more", "dim")


def _issue(issue: Issue, where: str) -> Text:
    message = cut(" ".join(issue.message.split()), LONGEST)
    return Text.assemble(
        "  ", (issue.severity, STYLES[issue.severity]), " ", (issue.check, "bold"), where, f" {message}"
    )


def _unchecked(lines: Iterable[Unchecked]) -> Iterator[Text]:
    """Unchecked rules, grouped by what they need and in how many shards."""
    names: dict[tuple[str, str], list[str]] = {}
    for each in lines:
        where = f"not checked in {each.shards:,} of {counted(each.of, 'shard')}: "
        names.setdefault((where, each.needs_text), []).append(f"{each.rule} ({each.part})" if each.part else each.rule)
    for (where, needs), those in names.items():
        need = f" need{'s' * (len(those) == 1)} {needs}"
        yield Text.assemble((where, "dim"), (", ".join(those), "dim bold"), (cut(need, LONGEST), "dim"))


def _sweep(report: ScanReport) -> Iterator[Text]:
    means = defaultdict[str, set[float]](set)
    for found in report.whole.sweep.values():
        for name, values in found.metrics.items():
            means[name].add(values.mean)
    moving = {name for name, of in means.items() if len(of) > 1}
    for point, found in report.whole.sweep.items():
        losses = ", ".join(f"{name} {values.mean:.6g}" for name, values in found.losses.items())
        metrics = "".join(f", {name} {values.mean:.6g}" for name, values in found.metrics.items() if name in moving)
        findings = ", ".join(f"{rule} in {counted(blocks, 'block')}" for rule, blocks in found.findings.items())
        yield Text.assemble((point, "bold"), f" {losses or 'not computed'}{metrics}", (f"  {findings}", "yellow"))


def _losses(report: ScanReport) -> Iterator[Text]:
    for name, found in report.whole.distributions.items():
        if name.endswith(LOSS):
            divided = f" (their sum by {found.divisor:,})" if found.divisor != found.count else ""
            values = f" {found.mean:.6g} over {found.count:,} places{divided}, median {found.quantile(0.5):.4g}"
            more = f", {found.non_finite:,} not finite" if found.non_finite else ""
            yield Text.assemble((name.removesuffix(LOSS), "bold"), values, more)
    for name, reasons in report.whole.not_computed.items():
        yield Text.assemble((name, "bold"), f" not computed: {cut('; '.join(reasons), LONGEST)}")
    for each in report.worst[:WORST]:
        place = each.place
        row = "" if place.file_row is None else f", row {place.file_row} of the file"
        yield Text(f"  {each.loss} {place.value:.6g} at {each.address} [{place.row}, {place.step}]{row}")


def comparison_lines(found: Comparison, other: str) -> Iterator[Text]:
    """The lines of a comparison: total losses, then the shards whose loss rose most, then new issues."""
    yield Text(f"Against {other}", "bold")
    for change in found.losses:
        now = "not computed" if isnan(change.now) else f"{change.now:.6g}"
        before = "was not computed" if isnan(change.before) else f"was {change.before:.6g}, {_difference(change)}"
        yield Text(f"  {change.name[0]} {now}, {before}")
    for change in found.shards[:RISES]:
        if change.rise > 0:
            shard, loss = change.name
            yield Text(f"  {shard}: {loss} {change.before:.6g} -> {change.now:.6g}, {_difference(change)}")
    for title, issues in (("new", found.new), ("gone", found.gone)):
        for shard, check, quantity, _message in issues:
            yield Text(f"  {title}: {shard} {check} {quantity}")


def _difference(change: Change) -> str:
    return f"{100 * change.rise:+.3g} %" if change.before else f"{change.now - change.before:+.3g}"
