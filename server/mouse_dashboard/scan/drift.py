"""Drift: shards whose rewards, episodes, actions or losses differ from those of all others.

Which difference matters is a matter of its size, not of its p-value: of a million steps, every one is significant.
Sizes and their threshold are those of Deepchecks' feature drift: Kolmogorov-Smirnov for numbers, Cramér's V for
categories, 0.2.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from mouse.diagnosis.numbers import percent
from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse_dashboard.scan.deviations import CODES, Deviations, independent_counts, sample_of
from mouse_dashboard.scan.histogram import quantile
from mouse_dashboard.scan.issue import Issue
from mouse_dashboard.scan.statistics import Distance
from mouse_dashboard.scan.summary import Summary

CHECK = "shard-drift"
THRESHOLD = 0.2
CHANCE = 0.01
"""Probability that one of all comparisons would find a difference where there is none."""
ALMOST_ALL = 0.9
"""Share of the other shards that have a kind of end, or an action, where having none is remarkable."""
KINDS_OF_ENDS = {TERMINAL: " (terminal)", TRUNCATED: " (truncated)"}
FIX = (
    "Look at the shard: another scale, another source, or another policy; scan it separately if it is meant to differ."
)


def drift(summaries: Mapping[str, Summary], whole: Summary, found: Deviations) -> Iterator[tuple[str, Issue]]:
    """Find large distances and missing codes that chance does not explain."""
    comparisons = len(summaries) * len(found)
    drifting: set[tuple[str, str]] = set()
    for name, of_shards in found.items():
        for shard, distance in of_shards.items():
            if distance.size > THRESHOLD and distance.p < CHANCE / comparisons:
                total, mine = sample_of(whole, name), sample_of(summaries[shard], name)
                rest = {key: count - mine.get(key, 0) for key, count in total.items()}
                drifting.add((shard, name))
                yield shard, _issue(name, _most_different(name, mine, rest), distance)
    for shard, name, issue in _missing_codes(summaries, whole):
        if (shard, name) not in drifting:
            yield shard, issue


def _missing_codes(summaries: Mapping[str, Summary], whole: Summary) -> Iterator[tuple[str, str, Issue]]:
    """Find shards without a kind of end, or an action, that almost all others have and chance would not leave out.

    Where limits cut a few episodes in a hundred, ends that were merged move no distribution by much.
    """
    owners, lacking = {name: Counter[int]() for name in CODES}, list[tuple[str, str, int, int, int]]()
    having = Counter[str]()
    for shard, summary in summaries.items():
        for name in CODES:
            if sample := sample_of(summary, name):
                having[name] += 1
                owners[name].update(sample.keys())
                own = sum(sample.values())
                independent = min(own, independent_counts(summary))
                missing = sample_of(whole, name).keys() - sample.keys()
                lacking += [(shard, name, code, own, independent) for code in missing]
    for shard, name, code, own, independent in lacking:
        total = sample_of(whole, name)
        share = total[code] / (sum(total.values()) - own)
        p = (1 - share) ** independent
        if owners[name][code] >= ALMOST_ALL * (having[name] - 1) and p < CHANCE / (len(summaries) * len(CODES)):
            yield shard, name, _missing(name, code, share, p)


def _missing(name: str, code: int, share: float, p: float) -> Issue:
    what, fix = f"action {code}", FIX
    if name != "action":
        kind = KINDS_OF_ENDS.get(code, "")
        what = f"end has done = {code}{kind}"
        fix = "Check whether terminated and truncated are merged into one flag, or another source wrote the shard."
    message = f"{name}: no {what}, in the other shards {percent(share)} have ({_p(p)})."
    return Issue(CHECK, "warning", message, share, None, p, name, fix=fix)


def _most_different(name: str, mine: Mapping[int, int], rest: Mapping[int, int]) -> str:
    if name not in CODES:
        return f"{name}: median {quantile(mine, 0.5):.4g}, in the other shards {quantile(rest, 0.5):.4g}"
    totals = sum(mine.values()), sum(rest.values())
    shares = {key: (mine.get(key, 0) / totals[0], rest.get(key, 0) / totals[1]) for key in rest}
    key = max(shares, key=lambda each: abs(shares[each][0] - shares[each][1]))
    what = f"action {key}" if name == "action" else f"ends with done = {key}"
    return f"{name}: {percent(shares[key][0])} {what}, in the other shards {percent(shares[key][1])}"


def _issue(name: str, text: str, found: Distance) -> Issue:
    test = "Cramér's V" if name in CODES else "Kolmogorov-Smirnov"
    message = f"{text} ({test} {found.size:.3g}, threshold {THRESHOLD}, {_p(found.p)})."
    return Issue(CHECK, "warning", message, found.size, THRESHOLD, found.p, name, fix=FIX)


def _p(p: float) -> str:
    return f"p = {p:.1g}" if p else "p < 1e-300"
