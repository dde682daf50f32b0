"""A rule: one small function with its texts for reports, the command line and its page."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mouse.diagnosis.finding import RawFinding, Severity
from mouse.diagnosis.need import Need
from mouse.diagnosis.rule_skipped import PartSkipped

Check = Callable[[Any], Iterator[RawFinding | PartSkipped]]
"""Takes a `Case`, or a `FunctionCase` where the rule is one for any function."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One way in which a loss goes wrong."""

    id: str
    """Stable name: in the command line, the API, links."""
    title: str
    severity: Severity
    """Of its findings, unless one says otherwise."""
    check: Check
    """Reads the batch, the configs and the losses' own terms; yields what it finds, and what it could not look at."""
    needs: tuple[Need, ...]
    thresholds: tuple[str, ...]
    """Fields of `Thresholds` that it reads."""
    what: str
    """The failure."""
    shows: str
    """What is measured, and how the failure shows in it."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    sources: tuple[str, ...]
    """Where practitioners have reported it."""
    explains: tuple[str, ...]
    """Ids of rules that find its symptoms: what they find follows from it."""


def rule(  # noqa: PLR0913  one argument per fact of a rule
    name: str,
    severity: Severity,
    *,
    shows: str,
    why: str,
    fix: str,
    needs: tuple[Need, ...] = (),
    thresholds: tuple[str, ...] = (),
    sources: tuple[str, ...] = (),
    explains: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a check: the first line of its docstring is the title, the rest says what the failure is."""

    def made(check: Check) -> Rule:
        title, _, what = (inspect.getdoc(check) or "").partition("\n\n")
        return Rule(
            id=name,
            title=title.rstrip("."),
            severity=severity,
            check=check,
            needs=needs,
            thresholds=thresholds,
            what=" ".join(what.split()),
            shows=shows,
            why=why,
            fix=fix,
            sources=sources,
            explains=explains,
        )

    return made
