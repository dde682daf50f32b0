"""The time series of a run: titles, scale of comparison, and order of causality."""

from typing import NamedTuple

import numpy as np

from mouse_dashboard.runs.history.change_point import Floats, Kind
from mouse_dashboard.runs.history.statistics import Statistics

KINDS: dict[str, Kind] = {"paid": "share", "end": "share", "truncated": "share"}
"""By the last or first part of a key; others are scales, which become levels where a value is not positive."""
NAMES = {
    "reward.size": "the size of the rewards",
    "reward.paid": "the share of rewards other than 0",
    "xformed_reward.size": "the size of the transformed rewards",
    "xformed_reward.paid": "the share of transformed rewards other than 0",
    "episode.end": "the share of steps that end an episode",
    "episode.truncated": "the share of ends by a time limit",
    "episode.length": "the length of the episodes",
}
ORDER = ("config", "reward", "xformed_reward", "episode", "head", "td_error", "loss", "gradient", "entropy", "metric")
"""Where several change at one step, the earlier can cause the later: data, what is computed of them, what is logged."""


class Snapshot(NamedTuple):
    """What the rules read from a snapshot."""

    step: int
    statistics: Statistics
    configs: dict[str, dict[str, object]]
    """The losses that were trained, each with its config."""


History = list[Snapshot]
"""Examined snapshots by step."""


class Series(NamedTuple):
    """The values of one key, at the snapshots that have it."""

    key: str
    at: list[int]
    """Places in the history."""
    values: Floats

    @property
    def kind(self) -> Kind:
        """How its values compare."""
        head, _, tail = self.key.partition(".")
        if head == "entropy":
            return "level"
        return KINDS.get(tail, "scale") if head != "metric" else "scale"


def series_of(history: History) -> list[Series]:
    """Every series of a run, possible causes first."""
    keys = sorted({key for snapshot in history for key in snapshot.statistics["series"]}, key=rank)
    found: list[Series] = []
    for key in keys:
        at = [place for place, each in enumerate(history) if key in each.statistics["series"]]
        numbers = [float(history[place].statistics["series"][key]) for place in at]
        found.append(Series(key, at, np.array(numbers, dtype=np.float64)))
    return found


def rank(key: str) -> tuple[int, str]:
    """Rank of a key in the order of causality."""
    head = key.partition(".")[0]
    return (ORDER.index(head) if head in ORDER else len(ORDER), key)


def title(key: str) -> str:
    """What a key is called in a sentence."""
    head, _, name = key.partition(".")
    head_names = {
        "loss": f"the loss {name}",
        "td_error": f"the TD error of {name}",
        "gradient": f"the gradient norm of {name}",
        "entropy": f"the entropy of {name}",
        "metric": f"the logged {name}",
    }
    return NAMES.get(key) or head_names.get(head, key)
