"""A rule's finding on a run: something differs from one snapshot on."""

from dataclasses import dataclass

from mouse.diagnosis.finding import RawFinding


@dataclass(frozen=True, kw_only=True)
class Shift(RawFinding):
    """Places are those of the snapshots in the history that the rule read."""

    at: int
    """The first snapshot where it is otherwise."""
    previous: int | None
    """The one to compare it with; None where there is none before."""
    subject: str
    """What changed: key of a series, a head, a config, or a rule of the doctor."""
    title: str
    """The same in a sentence."""
    before: float | None = None
    after: float | None = None
