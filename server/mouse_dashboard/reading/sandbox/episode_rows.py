"""Files that store episodes separately: detect them, and select the rows that a field takes."""

from collections.abc import Sequence

NUMBER = "episode"
"""The field that says which episode a row is of."""
NUMBERED = "The number of the episode that each row is of"
REWARDS = ("rewards", "reward", "rew")
ACTIONS = ("actions", "action", "act")
STEPS = (*REWARDS, *ACTIONS)
"""What has a row per step."""
ALL, FIRST, LAST, REPEATED = "", ":-1", "1:", "repeated"
ROWS = {ALL: slice(None), FIRST: slice(None, -1), LAST: slice(1, None)}
ONE_MORE = "One row more than steps: without the last here, without the first with next_ in front"
ONE_VALUE = "One value an episode, repeated on each of its rows"


def parts_of(name: str, more: set[int]) -> Sequence[tuple[str, str]]:
    """Fields that become of one with so many rows more than steps, and which of its rows each takes; none if others.

    An observation more than there are steps gives the state and the next one.
    """
    if more == {0}:
        return [(name, ALL)]
    return [(name, FIRST), (f"next_{name}", LAST)] if more == {1} else []
