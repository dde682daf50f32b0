"""Exceptions of rules that cannot run, or cannot check everything that they cover."""

from dataclasses import dataclass


class RuleSkipped(Exception):  # noqa: N818  it is no error: the rule does not apply
    """A rule cannot run; the text says what it needs."""


@dataclass(frozen=True)
class PartSkipped:
    """A rule ran, but could not check one part."""

    part: str
    """Noun: `rewards`."""
    needs: str
    """What is missing."""
