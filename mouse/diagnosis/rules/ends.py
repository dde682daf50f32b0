"""Rules over done codes and the lengths of episodes."""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import any_of, bool_done, ends_in_batch, field, in_order, whole_episodes
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.evidence.agreement import codes, pair_codes
from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse.wording import counted

FIELD = "step_stream.done"
NEAR = 5
"""Lengths below the greatest one that it is compared with."""
MOST = 0.5
TIME_LIMITS = (
    "https://github.com/vwxyzjn/cleanrl/issues/457",
    "https://github.com/instadeepai/Mava/issues/951",
    "https://github.com/keras-rl/keras-rl/issues/298",
)


@rule(
    "done-unknown-code",
    "error",
    needs=(field("done"),),
    shows="The type of `done` and its values over rows 1 to S - 1; row 0 is never read.",
    why="The loss refuses the batch. Elsewhere an unknown code counts as running, and a target looks past the end.",
    fix="Write terminated + 2 * (truncated and not terminated), as int64.",
    sources=TIME_LIMITS,
)
def done_unknown_code(case: Case) -> Iterator[RawFinding]:
    """A done code has no meaning.

    `done` holds something else than 0 (running), 1 (terminal) and 2 (truncated), or is no integer.
    """
    done = case.field("done")
    bad = (done != 0) & (done != TERMINAL) & (done != TRUNCATED)
    bad[:, 0] = False
    if bool(bad.any()):
        unknown = ", ".join(f"{code:g}" for code in cast("list[float]", done[bad].unique()[:5].tolist()))
        message = f"{counted(int(bad.sum()), 'done code')} without a meaning ({unknown}), expected 0, 1 or 2."
        yield RawFinding(message=message, measured=int(bad.sum()), threshold=0, mask=bad, field=FIELD)
    if done.is_floating_point() or done.dtype == torch.bool:
        yield RawFinding(message=f"{FIELD} is {done.dtype}, expected int64 with 0, 1 or 2.", field=FIELD)


@rule(
    "done-merged",
    "warning",
    needs=(in_order, field("done"), any_of(whole_episodes(), bool_done())),
    thresholds=("longest_share", "longest_chance", "min_episodes"),
    shows="No code 2, although episodes cluster at one greatest length: more end there than ends at the five lengths"
    " below make likely, and with no other reward than steps that go on. It is information where all episodes have that"
    " length, or several of these leave each state that they leave, by steps that end the episode wherever they are"
    " taken, as at a goal that an agent reaches by one path. Or `done` is a bool, which cannot tell the two apart.",
    why="The state before a time limit is no worse than others, and gets the value of a death: 0.",
    fix="Store 1 only where the environment terminated, 2 where a limit cut the episode.",
    sources=TIME_LIMITS,
)
def done_merged(case: Case) -> Iterator[RawFinding]:
    """Time limits are stored as deaths.

    Terminated and truncated are merged into one flag, so that a time limit is trained as a death.
    """
    done = case.field("done")
    if done.dtype == torch.bool:
        yield RawFinding(message=f"{FIELD} is torch.bool, which cannot tell truncated from terminal.", field=FIELD)
        return
    lengths = case.episodes.lengths
    if bool((done == TRUNCATED).any()):
        return
    longest = int(lengths.max())
    same = int((lengths == longest).sum())
    measured, limit = same / len(lengths), case.thresholds.longest_share
    ends = _ends_of(case, longest)
    likely = same < len(lengths) and _chance(lengths, longest, same) > case.thresholds.longest_chance
    if longest > 1 and measured > limit and not likely and not _pays_otherwise(case, ends):
        message = (
            f"{percent(measured)} of {len(lengths):,} episodes are exactly {longest:,} steps long, the greatest length,"
            f" and none is truncated (threshold {percent(limit)}):"
            f" {counted(same, 'target')} would bootstrap if these were."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=limit,
            mask=ends,
            field=FIELD,
            loss="dqn" if case.running("dqn") else None,
            severity="info" if same == len(lengths) or _always_end(case, ends) else None,
        )


def _chance(lengths: Tensor, longest: int, same: int) -> float:
    """Probability of so many episodes of the greatest length beside the first, where ends are as likely as just below.

    Formula: ``P(X >= same - 1)`` of a Poisson distribution whose mean is that of the lengths just below.
    """
    below = int(((lengths < longest) & (lengths >= longest - NEAR)).sum())
    mean, beside = (torch.tensor(number, dtype=torch.float64) for number in ((below + 1) / NEAR, same - 1))
    return 1.0 if same == 1 else float(cast("Tensor", torch.special.gammainc(beside, mean)))


def _pays_otherwise(case: Case, ends: Tensor) -> bool:
    """Whether most of these ends are paid more or less than any running step: the world ended the episode there."""
    reward = case.optional("reward")
    if reward is None:
        return False
    running = reward[:, 1:][~case.episodes.end[:, 1:]]
    if not running.numel():
        return False
    paid = reward[:, 1:][ends]
    return share((paid < running.amin()) | (paid > running.amax())) > MOST


def _always_end(case: Case, ends: Tensor) -> bool:
    """Whether each of these ends leaves a state that another one leaves, by a step that goes on nowhere else.

    A limit cuts any step: those of an agent that is stuck, or that walks in circles, go on elsewhere.
    """
    if case.observations is None:
        return False
    state = codes(case.observations[:, :-1].flatten(0, 1))
    action = case.or_none(lambda: case.taken)
    step = state if action is None else pair_codes(state, codes(action[:, 1:].flatten(0, 1)))
    last, goes_on = ends.flatten(), ~case.episodes.end[:, 1:].flatten()
    alone = torch.bincount(state[last])[state[last]] == 1
    return not bool(alone.any() | torch.isin(step[last], step[goes_on]).any())


def _ends_of(case: Case, length: int) -> Tensor:
    """Transitions that end an episode of this length."""
    episodes = case.episodes
    ends = torch.zeros_like(episodes.end)
    row, step = episodes.whole
    chosen = episodes.lengths == length
    ends[row[chosen], step[chosen]] = True
    return ends[:, 1:]


@rule(
    "episode-too-short",
    "warning",
    needs=(in_order, field("done"), any_of(whole_episodes(), ends_in_batch())),
    thresholds=("one_step_share", "min_episodes", "unread_end_share"),
    shows="The share of one-step episodes, beyond 3 over the mean length of the others, which episodes that end at any"
    " step with equal chance stay below. As information: all episodes of one length, and ends on row 0, the first of a"
    " sequence, whose transition lies before it.",
    why="An end that is stored twice makes an episode of one step, and a target without a future.",
    fix="Check that an end is stored once, on the row that it led to, and that the reset row after it has done = 0.",
    sources=("https://github.com/Farama-Foundation/Gymnasium/issues/1227",),
)
def episode_too_short(case: Case) -> Iterator[RawFinding]:
    """Episodes are suspiciously short or alike.

    One-step episodes stand among longer ones, every episode has the same length, or ends lie where no loss reads them.
    """
    lengths = case.episodes.lengths
    limits = case.thresholds
    if len(lengths) >= limits.min_episodes:
        yield from _lengths(case, lengths)
    end = case.episodes.end
    first = torch.zeros_like(end)
    first[:, 0] = end[:, 0]
    measured = share(first[end])
    if measured > limits.unread_end_share:
        message = (
            f"{percent(measured)} of the ends lie on row 0, where no loss reads them"
            f" (threshold {percent(limits.unread_end_share)})."
        )
        fix = "Use longer sequences, or begin them at resets."
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=limits.unread_end_share,
            mask=first,
            field=FIELD,
            fix=fix,
            severity="info",
        )


def _lengths(case: Case, lengths: Tensor) -> Iterator[RawFinding]:
    one = lengths == 1
    if bool((lengths == lengths[0]).all()):
        steps = counted(int(lengths[0]), "step")
        message = f"Every one of {len(lengths):,} episodes is exactly {steps} long."
        yield RawFinding(message=message, measured=float(lengths[0]), field=FIELD, severity="info")
    elif bool(one.any()):
        measured = share(one)
        limit = max(case.thresholds.one_step_share, 3 / float(lengths[~one].double().mean()))
        if measured > limit:
            message = (
                f"{percent(measured)} of {len(lengths):,} episodes have one step, the others"
                f" {float(lengths[~one].double().mean()):.1f} on average (threshold {percent(limit)})."
            )
            mask, loss = _ends_of(case, 1), "dqn" if case.running("dqn") else None
            yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, field=FIELD, loss=loss)
