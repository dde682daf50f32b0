"""What a rule needs before it can run, and how that is said where it is missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mouse.diagnosis.case import Case
from mouse.diagnosis.unchecked import Unchecked
from mouse.diagnosis.unordered import IN_ORDER
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss


@dataclass(frozen=True)
class Need:
    """One thing that a rule needs."""

    text: str
    """For the documentation."""
    ask: Callable[[Any], object]
    """Takes the case that the rule reads; raises `Unchecked` where it is missing."""
    of_loss: bool = False
    """Whether it is a loss of mouse's own, which a batch for other losses has none of."""


def field(name: str) -> Need:
    """A field of the batch or the output, of its right shape."""
    return Need(f"`{name}`", lambda case: case.field(name))


def config(name: str) -> Need:
    """A config of this loss, whatever the batch is."""
    return Need(f"a config of `{name}`", lambda case: case.config(name), of_loss=True)


def loss(name: str) -> Need:
    """A config of this loss, and a batch that it runs on."""
    return Need(f"a `{name}` loss that runs", lambda case: case.evaluation(name), of_loss=True)


def finite(name: str) -> Need:
    """A loss that runs and is finite: statistics of others would be of no number."""
    return Need(f"a `{name}` loss that is finite", lambda case: case.finite_evaluation(name), of_loss=True)


def _ask_order(case: Case) -> None:
    if case.unordered:
        raise Unchecked(IN_ORDER)


in_order = Need("steps in order, not transitions without", _ask_order)
"""Rows that follow one another in time, so that episodes can be seen in them."""


def either(*needs: Need) -> Need:
    """One of them at least."""

    def ask(case: Case) -> None:
        missing: list[str] = []
        for need in needs:
            try:
                need.ask(case)
            except Unchecked as reason:
                missing.append(str(reason))
            else:
                return
        raise Unchecked(" or ".join(missing))

    return Need(" or ".join(need.text for need in needs), ask, all(need.of_loss for need in needs))


def any_loss(need: Callable[[str], Need], of: Callable[[Mapping[str, AnyLoss]], Iterable[str]] = iter) -> Need:
    """Need it of one of the case's losses at least; the documentation names the library's own."""
    text = either(*map(need, of(LOSSES))).text
    return Need(text, lambda case: either(*map(need, of(case.losses))).ask(case), of_loss=True)
