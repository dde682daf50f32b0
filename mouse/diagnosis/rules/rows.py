"""Rules over whole rows: their order, those that were never written, padding, and sequences that come again."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import COUNTERS, Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import condition
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.evidence.agreement import codes, disagreement, pair_codes
from mouse.evidence.repeats import same_as_before
from mouse.losses.fields import STEP_STREAM
from mouse.wording import counted

MIN_TAIL = 3
"""Rows without content at the end of a sequence that are no accident."""


def rows_of(case: Case) -> list[Tensor]:
    """Fields of the batch but for counters, which count rows that nobody wrote as well."""
    prefix = f"{STEP_STREAM}."
    return [
        value
        for name, value in case.tensors.items()
        if name.startswith(prefix) and name.removeprefix(prefix) not in COUNTERS
        if value.shape[:2] == case.shape and value.numel()
    ]


def _some_fields(case: Case) -> bool:
    return len(rows_of(case)) > 1 and case.shape is not None and case.shape[1] > MIN_TAIL


FIELDS = condition("two fields of the batch, of sequences of more than 3 steps", _some_fields)


@rule(
    "rows-never-written",
    "warning",
    needs=(FIELDS,),
    thresholds=("min_jumps", "unwritten_share"),
    shows="Rows at the end of sequences that are 0 in every field but counters, behind no end, more of them in a row"
    " than anywhere else.",
    why="They are trained as steps: an action of 0, a reward of 0, from a state that does not exist to itself.",
    fix="Sample only what was written: up to the buffer's cursor, or its fill count.",
    explains=(
        "sequence-straddle", "rows-not-in-order", "alignment-off-by-one", "ends-missing", "same-sequence-repeated",
        "reward-not-a-function", "padding", "invalid-action-taken", "q-star-ties", "end-inside-episode", "legal-mask",
        "q-overestimation", "q-star-contradicted",
    ),
    sources=("https://github.com/huggingface/lerobot/pull/918", "https://github.com/thu-ml/tianshou/issues/686"),
)  # fmt: skip
def rows_never_written(case: Case) -> Iterator[RawFinding]:
    """Rows of a buffer were never written.

    A buffer that is not full is sampled over its whole length.
    """
    empty = torch.stack([_is_zero(value) for value in rows_of(case)]).all(dim=0)
    tail = _tails(empty)
    longest = _longest_run(empty & ~tail)
    done = case.optional("done")
    if done is not None:
        before = torch.nn.functional.pad(done[:, :-1] != 0, (1, 0)) & tail & ~_shifted(tail)
        tail &= ~before.any(dim=1, keepdim=True)
    tail &= tail.sum(dim=1, keepdim=True) > max(MIN_TAIL - 1, 2 * longest)
    measured, limit = share(tail), case.thresholds.unwritten_share
    if measured > limit and int(tail.sum()) >= case.thresholds.min_jumps:
        message = (
            f"{percent(measured)} of the rows ({int(tail.sum()):,}) are 0 in every field, at the end of"
            f" {counted(int(tail.any(dim=1).sum()), 'sequence')} (threshold {percent(limit)}): nothing was written."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=tail, field=STEP_STREAM)


def _is_zero(value: Tensor) -> Tensor:
    return (value == 0).flatten(2).all(dim=2) if value.dim() > 2 else value == 0


def _tails(mask: Tensor) -> Tensor:
    """Where a mask is true from a row on to the last."""
    return mask.long().flip(1).cumprod(1).flip(1).bool()


def _shifted(mask: Tensor) -> Tensor:
    """Of the row before; none before the first."""
    return torch.nn.functional.pad(mask[:, :-1], (1, 0))


def _longest_run(mask: Tensor) -> int:
    """Most true entries one after the other in a row."""
    place = torch.arange(1, mask.shape[1] + 1, device=mask.device).expand_as(mask)
    last = torch.where(mask, 0, place).cummax(dim=1).values
    return int((place - last).max())


@rule(
    "padding",
    "warning",
    needs=(FIELDS,),
    thresholds=("padding_share",),
    shows="Rows from an end to the end of the sequence that repeat one another in every field but counters; or that a"
    " bool field named as a mask says do not count. Rows that a mask leaves out are not looked at beside a loss"
    " function of one's own that reads the mask.",
    why="Losses here have no mask: what was filled up counts like what happened.",
    fix="Cut sequences at ends and pack them, or leave the rows out of the batch.",
    explains=(
        "reset-pair", "episode-too-short", "sequence-straddle", "rows-not-in-order", "done-merged",
        "alignment-off-by-one", "end-inside-episode", "reward-not-a-function", "q-overestimation",
        "invalid-action-taken", "q-star-ties", "q-star-contradicted",
    ),
    sources=("https://github.com/NovaSky-AI/SkyRL/pull/462", "https://github.com/EleutherAI/gpt-neo/pull/45"),
)  # fmt: skip
def padding(case: Case) -> Iterator[RawFinding]:
    """Sequences are padded, and the padding is trained.

    After an episode's end the sequence is filled up with rows that never happened.
    """
    masked_out = _masked_out(case)
    name, padded = max([_filled_up(case), *masked_out], key=lambda each: int(each[1].sum()))
    for mask, off in masked_out:
        if mask.removeprefix(f"{STEP_STREAM}.") in (case.read_by_functions or ()):
            padded = padded & ~off
    pairs = padded[:, 1:] & padded[:, :-1]
    measured, limit = share(pairs), case.thresholds.padding_share
    if measured > limit:
        running = case.running("dqn", "vec_dqn")
        message = (
            f"{percent(measured)} of the pairs of rows are padding behind an end (threshold {percent(limit)}), and are"
            " trained as transitions."
        )
        loss = running[0].name if running else None
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=pairs, field=name, loss=loss)


def _filled_up(case: Case) -> tuple[str, Tensor]:
    """Rows behind an end that repeat one another up to the end of the sequence."""
    again = torch.nn.functional.pad(same_as_before(rows_of(case)), (1, 0))
    tail = _tails(again)
    tail |= torch.nn.functional.pad(tail[:, 1:] & ~tail[:, :-1], (0, 1))  # the first of them repeats none
    tail &= tail.sum(dim=1, keepdim=True) >= MIN_TAIL
    done = case.optional("done")
    if done is None:
        return STEP_STREAM, torch.zeros_like(tail)
    end = done != 0
    behind = (tail & ~_shifted(tail) & (end | _shifted(end))).any(dim=1, keepdim=True)
    return STEP_STREAM, tail & behind


def _masked_out(case: Case) -> list[tuple[str, Tensor]]:
    """Rows that a bool field named as a mask is false at, from some row of the sequence on."""
    found: list[tuple[str, Tensor]] = []
    for name, value in case.tensors.items():
        if name.startswith(f"{STEP_STREAM}.") and value.dtype == torch.bool and value.shape == case.shape:
            off = value if "pad" in name else ~value
            if (
                any(word in name for word in ("mask", "valid", "pad"))
                and not bool(off.all())
                and bool((_tails(off) == off).all())
            ):
                found.append((name, off))
    return found


@rule(
    "same-sequence-repeated",
    "warning",
    needs=(FIELDS, condition("two sequences", lambda case: case.shape is not None and case.shape[0] > 1)),
    thresholds=("repeated_share",),
    shows="Sequences that equal an earlier one in every field. As information where no observation gets two"
    " actions in them: an agent that explores nothing repeats itself in a deterministic world. So too where"
    " there are no observations and sequences come in groups of one size, as answers to one prompt do: a policy that is"
    " sure gives the same answer twice.",
    why="The batch holds less than its size says: the same steps are trained again and again.",
    fix="Check that the buffer copies what it stores, and how sequences are sampled.",
    explains=("done-merged", "episode-too-short"),
    sources=("https://github.com/Itomigna2/Muesli-lunarlander/issues/1",),
)
def same_sequence_repeated(case: Case) -> Iterator[RawFinding]:
    """The same sequence comes again and again.

    Every entry of a buffer is the newest episode, or one sequence is sampled many times.
    """
    again = case.repeated
    measured, limit = share(again), case.thresholds.repeated_share
    if measured > limit:
        message = (
            f"{int(again.sum()):,} of {len(again):,} sequences equal an earlier one in every field"
            f" (threshold {percent(limit)})."
        )
        rows, steps = case.shape or (0, 0)
        mask = again.unsqueeze(1).expand(rows, steps)
        severity = None if share(again & _explores(case)) > limit else "info"
        yield RawFinding(
            message=message, measured=measured, threshold=limit, mask=mask, field=STEP_STREAM, severity=severity
        )


def _explores(case: Case) -> Tensor:
    """Sequences in which one observation gets several actions; all of them where observations never come again.

    Without observations, all but those of equal groups.
    """
    observations, action = case.observations, case.or_none(lambda: case.taken)
    if observations is None:
        return ~_in_equal_groups(case)
    if action is None or observations.is_floating_point():
        return torch.ones_like(case.repeated)
    rows, steps = case.shape or (0, 0)
    sequence = torch.arange(rows, device=action.device).unsqueeze(1).expand(rows, steps - 1).flatten()
    now = pair_codes(sequence, codes(observations[:, :-1].flatten(0, 1)))
    other = disagreement(now, codes(action[:, 1:].flatten(0, 1))).nan_to_num(0).view(rows, steps - 1)
    return (other > 0).any(dim=1)


def _in_equal_groups(case: Case) -> Tensor:
    """Sequences of groups of one size, such as answers to one prompt; a group of copies of one sequence is none."""
    for value in rows_of(case):
        if value.dim() == 2 and not value.is_floating_point() and bool((value == value[:, :1]).all()):
            group = codes(value[:, 0])
            sizes = group.bincount()
            if len(sizes) > 1 and int(sizes[0]) > 1 and bool((sizes == sizes[0]).all()):
                different = torch.bincount(group, weights=(~case.repeated).double())
                return different[group] > 1
    return torch.zeros_like(case.repeated)
