"""The requirements of a rule, and their texts for when they are missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mouse.diagnosis.case import Case
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.unordered import IN_ORDER
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss


@dataclass(frozen=True)
class Need:
    """One requirement of a rule."""

    text: str
    """For the documentation."""
    require: Callable[[Any], object]
    """Takes the case that the rule reads; raises `RuleSkipped` where it is missing."""
    of_loss: bool = False
    """Whether it is a loss of mouse's own, which a batch for other losses has none of."""
    amount: "Amount | None" = None
    """Where it is so many of something."""


@dataclass(frozen=True)
class Amount:
    """The minimum amount of something that a rule needs."""

    threshold: str
    """Field of `Thresholds` that says how many."""
    count: Callable[[Any], int]
    """How many the case has."""


def field(name: str) -> Need:
    """A field of the batch or the output, of its right shape."""
    return Need(f"`{name}`", lambda case: case.field(name))


actions = Need("`action`", lambda case: case.taken)
"""Actions of its right shape, indices or numbers."""


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
        raise RuleSkipped(IN_ORDER)


in_order = Need("steps in order, not transitions without", _ask_order)
"""Rows that follow one another in time, so that episodes can be seen in them."""


def at_least(threshold: str, what: str, count: Callable[[Any], int]) -> Need:
    """So many of something, as a threshold says."""

    def require(case: Case) -> None:
        limit, found = getattr(case.thresholds, threshold), count(case)
        if found < limit:
            raise RuleSkipped(f"{limit} {what}, found {found}")

    return Need(f"`{threshold}` {what}", require, amount=Amount(threshold, count))


def transitions(threshold: str = "min_samples") -> Need:
    """So many pairs of rows."""
    return at_least(threshold, "transitions", _count_transitions)


def whole_episodes() -> Need:
    """So many episodes whose first and last row are in the batch."""
    return at_least("min_episodes", "whole episodes", lambda case: len(case.episodes.lengths))


def condition(text: str, holds: Callable[[Any], bool]) -> Need:
    """Something that the batch must hold, or the rule could not have seen anything."""

    def require(case: Case) -> None:
        if not holds(case):
            raise RuleSkipped(text)

    return Need(text, require)


def ends_in_batch() -> Need:
    """An end of an episode."""
    return condition("an end of an episode in the batch", lambda case: bool(case.episodes.end.any()))


def bool_done() -> Need:
    """Ends told by a bool, which says enough by its type."""
    return condition("`done` as a bool", lambda case: str(case.field("done").dtype) == "torch.bool")


def _count_transitions(case: Case) -> int:
    rows, steps = case.shape or (0, 0)
    return rows * (steps - 1)


def any_of(*needs: Need) -> Need:
    """One of them at least."""

    def require(case: Case) -> None:
        missing: list[str] = []
        for need in needs:
            try:
                need.require(case)
            except RuleSkipped as reason:
                missing.append(str(reason))
            else:
                return
        raise RuleSkipped(" or ".join(missing))

    return Need(" or ".join(need.text for need in needs), require, all(need.of_loss for need in needs))


def any_loss(need: Callable[[str], Need], of: Callable[[Mapping[str, AnyLoss]], Iterable[str]] = iter) -> Need:
    """Need it of one of the case's losses at least; the documentation names the library's own."""
    text = any_of(*map(need, of(LOSSES))).text
    return Need(text, lambda case: any_of(*map(need, of(case.losses))).require(case), of_loss=True)
