"""How a rule says that it cannot run, or cannot look at all that it is about."""

from dataclasses import dataclass


class RuleSkipped(Exception):  # noqa: N818  it is no error: the rule does not apply
    """A rule cannot run; the text says what it needs."""


@dataclass(frozen=True)
class PartSkipped:
    """A rule ran, but could not look at one of the things that it is about."""

    part: str
    """Noun: `rewards`."""
    needs: str
    """What is missing."""
