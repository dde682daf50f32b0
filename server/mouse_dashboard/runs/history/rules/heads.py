"""Target heads that stand still, or move with the online head."""

from collections.abc import Iterator
from itertools import pairwise

from mouse.diagnosis.need import Need
from mouse.diagnosis.rule import rule
from mouse_dashboard.runs.history.series import History
from mouse_dashboard.runs.history.shift import Shift

STANDS_STILL, LONGEST_PERIOD = 50, 20_000
"""Snapshots, and steps: twice the longest period between two updates of a target that is usual (10,000)."""
ALWAYS = 8
"""Snapshots whose target head is the online head."""
TARGET = Need("an online head and its target head", lambda _: None)


@rule(
    "run-target-frozen",
    "warning",
    needs=(TARGET, Need("observations that come again (`obs...`), as those of discrete worlds do", lambda _: None)),
    shows=f"What the target head says of observations that come again, to the last bit: unchanged in {STANDS_STILL}"
    f" snapshots and {LONGEST_PERIOD:,} steps since the run began, while the online head changed between most of them.",
    why="The online head is pulled towards the values of an untrained network for ever.",
    fix="Check that the target is updated, and from the network that is trained.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def run_target_frozen(history: History) -> Iterator[Shift]:
    """The target head never changes.

    No update has reached the target network since the run began.
    """
    for head in _heads(history):
        snapshots = [
            (place, each.statistics["heads"][head]["probes"])
            for place, each in enumerate(history)
            if head in each.statistics["heads"]
        ]
        moved = same = 0
        for (_, before), (place, now) in pairwise(snapshots):
            shared = before.keys() & now.keys()
            if not shared:
                continue
            if any(before[name][1] != now[name][1] for name in shared):
                break
            same += 1
            moved += any(before[name][0] != now[name][0] for name in shared)
            span = history[place].step - history[snapshots[0][0]].step
            if same >= STANDS_STILL and span >= LONGEST_PERIOD and moved > same / 2:
                yield Shift(
                    message=f"{head}_target says the same of every observation in {same + 1} snapshots, {span:,} steps"
                    f" long, while {head} changed {moved} times.",
                    at=place,
                    previous=snapshots[0][0],
                    subject=f"head.{head}_target",
                    title=f"{head}_target",
                )
                break


@rule(
    "run-target-is-online",
    "warning",
    needs=(TARGET, Need(f"{ALWAYS} snapshots", lambda _: None)),
    shows=f"Target heads that equal the online head to the last bit at each of the first {ALWAYS} snapshots.",
    why="The target moves with every update: what it should hold still follows the value that it judges.",
    fix="Keep a copy of the network that is updated rarely or slowly. If every snapshot is taken right after such an"
    " update, push at other steps to see it.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def run_target_is_online(history: History) -> Iterator[Shift]:
    """The target head is always the online head.

    Target and online network are one and the same at every snapshot of the run.
    """
    for head in _heads(history):
        kept = [place for place, each in enumerate(history) if head in each.statistics["heads"]][:ALWAYS]
        if len(kept) == ALWAYS and all(history[place].statistics["heads"][head]["equal"] for place in kept):
            yield Shift(
                message=f"{head}_target equals {head} to the last bit at each of the first {ALWAYS} snapshots.",
                at=kept[-1],
                previous=kept[0],
                subject=f"head.{head}_target",
                title=f"{head}_target",
            )


def _heads(history: History) -> list[str]:
    return sorted({head for each in history for head in each.statistics["heads"]})
