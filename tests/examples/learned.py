"""What the examples train, to compare with what they logged."""

from functools import cache

from mouse.demo.learner import Learner
from mouse.demo.train import Update

UPDATES = 3


@cache
def learned() -> list[Update]:
    """The updates of a run of that many."""
    return list(Learner().updates(UPDATES))
