"""The rule over masks of legal actions: of another step, at odds with one another, or multiplied into values."""

import re
from collections import Counter
from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case, full_name
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.legal import MIN_ROWS, LegalMask, allows, every_mask_field, mask_fields, real_pairs
from mouse.diagnosis.need import condition, field
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule

HEADS = ("dqn", "dqn_target", "sp")
OTHER_ROWS = {0: "the row that it led to", 2: "the row before", -1: "two rows before"}
MOST = 0.5
INVERTED = 0.99
"""Share of the transitions whose action a mask forbids that says the opposite."""
NAMED = re.compile(r"(?<!il)legal|(?<!in)valid|(?<!un)avail|allowed|(^|[._])(action_?)?mask")


def masks(case: Case) -> dict[str, Tensor]:
    """What says which actions are legal, by its full name: fields, and -inf in `q_star` and heads."""
    found = {} if case.legal is None else {case.legal.name: case.legal.allowed}
    for name in ("q_star", *HEADS):
        values = case.optional(name)
        if values is not None and float(values.detach().amin()) == -torch.inf:
            found[full_name(name)] = ~values.isneginf()
    return found


def _has_mask(case: Case) -> bool:
    return bool(masks(case)) or bool(every_mask_field(case))


@rule(
    "legal-mask",
    "warning",
    needs=(
        field("action"),
        condition("a mask of actions: a bool field [B, S, A], or -inf in q_star or a head", _has_mask),
    ),
    thresholds=("mask_share", "multiplied_share"),
    shows="A bool field `[B, S, A]` called a mask that nearly always forbids the action taken is inverted. One that"
    " never forbids the action taken is the legal mask: one that does so with the action of another row is that of"
    " another step. Rows in which that field, `q_star` and heads forbid different actions. Values of `dqn` and"
    " `dqn_target` that are 0 exactly where an action is illegal.",
    why="A maximum over wrong actions moves every target before it; a value of 0 wins where all others are negative.",
    fix="Take mask, observation and values of one and the same step; fill illegal entries with -inf, never with 0.",
    explains=("invalid-action-taken", "padded-q-finite"),
    sources=("https://github.com/thu-ml/tianshou/issues/309", "https://github.com/qfettes/DeepRL-Tutorials/issues/1"),
)
def legal_mask(case: Case) -> Iterator[RawFinding]:
    """Masks of legal actions contradict one another.

    The mask is inverted or that of another step, masks of fields and heads disagree, or values were multiplied by one.
    """
    yield from _inverted(case)
    yield from _of_another_step(case)
    yield from _disagreeing(case)
    yield from _multiplied(case)


def _inverted(case: Case) -> Iterator[RawFinding]:
    action, real = case.integers("action"), real_pairs(case)
    actions = {head.shape[2] for head in case.heads.values()}
    for each in every_mask_field(case):
        taken = allows(each.allowed[:, :-1], action[:, 1:])[real]
        if case.read_by_functions is not None:  # which may pair mask and action of one row
            taken = max(taken, allows(each.allowed[:, 1:], action[:, 1:])[real], key=share)
        few = len(taken) < MIN_ROWS or (actions and each.allowed.shape[2] not in actions)
        measured = share(~taken)
        if NAMED.search(each.name) and not few and measured > INVERTED:
            message = (
                f"{each.name} forbids the action taken in {percent(measured)} of the transitions (threshold"
                f" {percent(INVERTED)}): it is true where an action is illegal."
            )
            fix = "Invert it: a mask of actions is true where one may be taken."
            yield RawFinding(message=message, measured=measured, threshold=INVERTED, field=each.name, fix=fix)


def _of_another_step(case: Case) -> Iterator[RawFinding]:
    if case.legal is not None:
        return
    action, real = case.integers("action"), real_pairs(case)
    inner = real[:, 1:-1] & real[:, :-2] & real[:, 2:]
    if int(inner.sum()) < MIN_ROWS:
        return
    for each in mask_fields(case):
        taken = {lag: _allowed_at(each, action, lag)[inner] for lag in (-1, 0, 1, 2)}
        if case.read_by_functions is not None and bool(taken[0].all()):
            continue  # mask and action of one row: a function of the user's own pairs rows as it likes
        best = max(taken, key=lambda lag, taken=taken: share(taken[lag]))
        forbidden = ~allows(each.allowed[:, :-1], action[:, 1:]) & real
        measured, limit = share(forbidden[real]), case.thresholds.mask_share
        if best in OTHER_ROWS and bool(taken[best].all()) and measured > limit:
            message = (
                f"{each.name} forbids the action taken in {percent(measured)} of the transitions"
                f" (threshold {percent(limit)}), and never in {OTHER_ROWS[best]}: it is the mask of another step."
            )
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=forbidden, field=each.name)


def _allowed_at(each: LegalMask, action: Tensor, lag: int) -> Tensor:
    """Whether the action `lag` rows later is allowed, of rows 1 to S - 3."""
    last = action.shape[1] - 2
    return allows(each.allowed[:, 1:last], action[:, 1 + lag : last + lag])


def _disagreeing(case: Case) -> Iterator[RawFinding]:
    """The mask that stands against the others is named."""
    found = masks(case)
    shapes = Counter(tuple(mask.shape) for mask in found.values())
    same = {name: mask for name, mask in found.items() if shapes and tuple(mask.shape) == shapes.most_common(1)[0][0]}
    if len(same) < 2:
        return
    odds = {name: sum(int((mask != other).any(-1).sum()) for other in same.values()) for name, mask in same.items()}
    name = max(reversed(odds), key=lambda each: odds[each])
    reference = next(mask for other, mask in same.items() if other != name)
    differs = (same[name] != reference).any(dim=-1)
    measured, limit = share(differs), case.thresholds.mask_share
    if measured > limit:
        others = " and ".join(other for other in same if other != name)
        shifted = _shift(same[name], reference)
        message = (
            f"{name} allows other actions than {others} in {percent(measured)} of the rows"
            f" (threshold {percent(limit)}){shifted}."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=differs, field=name)


def _shift(mask: Tensor, reference: Tensor) -> str:
    """Whether it would agree with the next row, or with the row before."""
    for row, now, other in (
        ("next row", mask[:, :-1], reference[:, 1:]),
        ("row before", mask[:, 1:], reference[:, :-1]),
    ):
        if share((now != other).any(dim=-1)) < 0.1:
            return f"; it is that of the {row}"
    return ""


def _multiplied(case: Case) -> Iterator[RawFinding]:
    known = next(iter(masks(case).values()), None)
    for name in HEADS[:2]:
        values = case.optional(name)
        if values is None or known is None or known.shape != values.shape:
            continue
        at_zero = values == 0
        if not bool(at_zero.any()):
            continue
        zero, usual = share(at_zero[~known & known.any(dim=-1, keepdim=True)]), share(at_zero[known])
        limit = case.thresholds.multiplied_share
        if zero > limit and usual < MOST:
            winning = torch.where(known, values, -torch.inf).amax(dim=-1) < 0
            message = (
                f"{name} is 0 at {percent(zero)} of the illegal actions and at {percent(usual)} of the others"
                f" (threshold {percent(limit)}): multiplied by a mask, 0 wins the maximum of {percent(share(winning))}"
                " of the rows."
            )
            yield RawFinding(message=message, measured=zero, threshold=limit, mask=winning, field=f"out.{name}")
