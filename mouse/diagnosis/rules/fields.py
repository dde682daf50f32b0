"""Rules over the raw fields: shapes, types and numbers that are none."""

from collections import Counter
from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import CODES, COUNTERS, RANKS, Case, full_name, has_type, transition_losses
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.numbers import first_of
from mouse.diagnosis.rule import rule
from mouse.losses import HEADS
from mouse.losses.fields import OUT, STEP_STREAM, exceeds_int64, names
from mouse.transition_batch import TRANSITION_FIELDS
from mouse.wording import counted

DIMS = ("B", "S", "A", "D")


@rule(
    "shape-mismatch",
    "error",
    shows="The shape of every field with a meaning against `[B, S]`, `[B, S, A]` or `[B, S, A, D]`; A and D between the"
    " heads and `q_star`; the type of rewards, values and heads. Without a loss that reads `action` as an index, it may"
    " be several numbers a row.",
    why="Arithmetic between such shapes broadcasts without a word: the mean over `[B, B]` pairs is a loss of nothing.",
    fix="Reshape or transpose the field to the shape named.",
    sources=("https://github.com/pytorch/pytorch/issues/16045",),
)
def shape_mismatch(case: Case) -> Iterator[RawFinding]:
    """A field has the wrong shape or type.

    A field is `[B, S, 1]` or `[S, B]`, heads disagree on the number of actions, or numbers are of a type that no loss
    reads.
    """
    if case.shape is None:
        found = list(case.step_stream.batch_size)
        yield RawFinding(message=f"step_stream has batch size {found}, expected [B, S].", field=STEP_STREAM)
        return
    yield from _batch(case, case.shape)
    for name, rank in RANKS.items():
        value = case.raw(name)
        expected = f"[{', '.join(DIMS[:rank])}] with [B, S] = {list(case.shape)}"
        if value is None:
            if name in names(case.out if name in HEADS else case.step_stream):
                yield RawFinding(message=f"{full_name(name)} is no tensor, expected {expected}.", field=full_name(name))
        elif name == "action" and value.dim() > 2 and case.or_none(lambda: case.taken) is not None:
            continue
        elif not case.has_shape(name, value):
            message = f"{full_name(name)} has shape {list(value.shape)}, expected {expected}."
            yield RawFinding(message=message, field=full_name(name))
        elif not has_type(name, value):
            wanted = "integers" if name in COUNTERS | CODES else "floating point"
            what = "2^63 or more in places" if exceeds_int64(value) else str(value.dtype)
            message = f"{full_name(name)} is {what}, expected {wanted}."
            yield RawFinding(message=message, field=full_name(name), fix="Convert it to that type.")
    yield from _disagreements(case)


def _batch(case: Case, shape: tuple[int, int]) -> Iterator[RawFinding]:
    if case.out.batch_size != shape:
        message = f"out has batch size {list(case.out.batch_size)}, expected that of step_stream, {list(shape)}."
        yield RawFinding(message=message, field=OUT)
    losses = [name for name in transition_losses(case.losses) if name in case.configs]
    if shape[1] < 2 and losses:
        message = (
            f"step_stream has 1 step per sequence, expected 2 at least: {losses[0]} pairs each step with the next."
        )
        yield RawFinding(
            message=message, measured=shape[1], threshold=2, field=STEP_STREAM, fix="Use longer sequences."
        )


def _disagreements(case: Case) -> Iterator[RawFinding]:
    """Those of the minority are named: the others agree on what is right."""
    sizes = {name: tuple(value.shape[2:]) for name, value in case.heads.items()}
    actions = Counter(size[0] for size in sizes.values())
    dims = Counter(size[1] for size in sizes.values() if len(size) > 1)
    for name, size in sizes.items():
        for what, value, votes in zip(("actions", "components"), size, (actions, dims), strict=False):
            usual, count = votes.most_common(1)[0]
            if value != usual:
                others = f"as {counted(count, 'other head')} of this batch"
                message = f"{full_name(name)} has {value} {what}, expected {usual} {others}."
                yield RawFinding(message=message, measured=value, threshold=usual, field=full_name(name))


@rule(
    "input-not-finite",
    "error",
    shows="NaN, +inf and -inf of every floating-point field, counted apart. -inf is right in `q_star`, and as a mask in"
    " `dqn`, `dqn_target` and `sp` where `q_star` marks the action invalid (or is absent). What no loss reads is left"
    " out: action, reward and done of row 0.",
    why="One NaN makes the mean NaN, and one step later every weight.",
    fix="Find where it comes from: the environment, a division, an overflow; repair or drop those rows.",
    sources=("https://andyljones.com/posts/rl-debugging.html",),
)
def input_not_finite(case: Case) -> Iterator[RawFinding]:
    """A field holds NaN or infinity.

    A field holds NaN or an infinity that means nothing.
    """
    for name, value in case.tensors.items():
        if not value.is_floating_point() or not value.numel() or _is_finite(value):
            continue
        bad = ~value.isfinite() & ~_meant(case, name, value)
        count = int(bad.sum())
        if count:
            kinds = {"NaN": value.isnan(), "+inf": value.isposinf(), "-inf": value.isneginf()}
            counted = [f"{number} {kind}" for kind, mask in kinds.items() if (number := int((mask & bad).sum()))]
            message = f"{name} holds {', '.join(counted)}, the first at {first_of(bad)}, expected none."
            mask = bad if bad.dim() > 1 and bad.shape[:2] == case.shape else None
            yield RawFinding(message=message, measured=count, threshold=0, mask=mask, field=name)


def _is_finite(value: Tensor) -> bool:
    low, high = value.detach().aminmax()
    return bool(low.isfinite() & high.isfinite())


def _meant(case: Case, name: str, value: Tensor) -> Tensor:
    """Where what is not finite is right, or never read."""
    meant = torch.zeros_like(value, dtype=torch.bool)
    short = name.partition(".")[2]
    if short == "q_star":
        return value.isneginf()
    if short in {"dqn", "dqn_target", "sp"}:
        q_star = case.optional("q_star")
        known = q_star is not None and q_star.shape == value.shape
        return value.isneginf() & (q_star.isneginf() if known and q_star is not None else True)
    if short in TRANSITION_FIELDS and value.dim() > 1:
        meant[:, 0] = True
    return meant
