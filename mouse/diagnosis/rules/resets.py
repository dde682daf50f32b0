"""Rules over the seams between episodes: resets, truncations, and rows that hold two sequences."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case, transition_losses
from mouse.diagnosis.finding import Change, RawFinding
from mouse.diagnosis.need import any_of, condition, field, in_order, loss
from mouse.diagnosis.numbers import percent, quantile, share
from mouse.diagnosis.observations import match_first_rows
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.losses.discount import TRUNCATED
from mouse.wording import counted

RESETS = ("https://github.com/Farama-Foundation/Gymnasium/issues/1227", "https://github.com/vwxyzjn/cleanrl/issues/499")

LEFT_OUT = "Nothing, where your function leaves these pairs out; else weigh them with 0."


@rule(
    "reset-pair",
    "warning",
    needs=(
        in_order,
        field("done"),
        condition("an end with a row after it", lambda case: bool(case.episodes.after_end.any())),
    ),
    shows="Pairs with done[t] != 0 whose second row is a reset row: `time` is 0 there and was not at the end; without"
    " `time`, the reward is 0 after every end, and not elsewhere. A loss function of one's own may leave them out:"
    " beside one that reads `done`, they are information.",
    why="The value of the last state is pulled towards that of another episode's start, with an action nobody took.",
    fix="Leave reset rows out when recording (Gymnasium's AutoresetMode.SAME_STEP), or cut sequences at ends.",
    sources=RESETS,
)
def reset_pair(case: Case) -> Iterator[RawFinding]:
    """Reset rows are trained as transitions.

    After an end comes a row with the first observation of the next episode. The pair of the two is no transition, and
    the losses have no mask: they train it.
    """
    pairs = case.episodes.reset_pairs
    if pairs is None:
        raise RuleSkipped("time, to tell reset rows from first transitions")
    measured = share(pairs)
    if measured > 0:
        running = case.running(*transition_losses(case.losses))
        read = case.read_by_functions
        trained = "and are trained as transitions" if read is None else "and are none that a loss should train"
        message = (
            f"{int(pairs.sum()):,} of {pairs.numel():,} pairs of rows ({percent(measured)}) lead from an episode's end"
            f" to the reset row of the next, {trained} (threshold 0)."
        )
        yield RawFinding(
            message=message,
            measured=measured,
            threshold=0,
            mask=pairs,
            loss=running[0].name if running else None,
            severity="info" if read is not None and "done" in read else None,
            fix=None if read is None else LEFT_OUT,
        )


@rule(
    "truncation-bootstrap",
    "warning",
    needs=(in_order, field("done"), loss("dqn")),
    thresholds=("truncation_first_share", "truncation_unlike_share", "truncation_jump", "min_episodes"),
    shows="Truncated rows whose `time` is 0, or whose observation is one that no step from the row before leads to, or"
    " is that of first rows (and too often for chance); with neither, how much max Q jumps into truncated rows,"
    " relative to other rows.",
    why="The target of the last step is the value of another episode's first state.",
    fix="Store the final observation on the row of the truncation, or do not bootstrap there.",
    sources=("https://github.com/pytorch/rl/issues/4209", "https://github.com/Farama-Foundation/D4RL/issues/145"),
)
def truncation_bootstrap(case: Case) -> Iterator[RawFinding]:
    """A truncated target uses the next episode's value.

    `gamma_truncated` > 0 bootstraps from the row of the truncation, but that row shows the reset observation.
    """
    found = case.evaluation("dqn")
    truncated = case.field("done") == TRUNCATED
    truncated[:, 0] = False
    if found.cfg.gamma_truncated == 0:
        return
    if not bool(truncated.any()):
        raise RuleSkipped("a truncated row")
    limits, time = case.thresholds, case.optional("time")
    change = Change("dqn.gamma_truncated", 0.0)
    at_zero = truncated & (time == 0) if time is not None else torch.zeros_like(truncated)
    if bool(at_zero.any()):
        message = f"{percent(share(at_zero[truncated]))} of the truncated rows have time = 0 (threshold 0): a reset."
        mask, measured = at_zero[:, 1:], share(at_zero[truncated])
        yield RawFinding(message=message, measured=measured, threshold=0, mask=mask, loss="dqn", change=change)
        return
    unlike = _unlike_a_step(case, truncated[:, 1:])
    if unlike is not None:
        yield from _unlike(case, unlike, truncated[:, 1:], change)
        return
    first = match_first_rows(case, truncated)
    if first is None and time is None:
        yield from _jump(case, truncated[:, 1:], change)
    elif first is not None and first.share > limits.truncation_first_share and first.beyond_chance:
        message = (
            f"{percent(first.share)} of the truncated rows show an observation of a first row, as do"
            f" {percent(first.usual)} of ordinary rows (threshold {percent(limits.truncation_first_share)})."
        )
        yield RawFinding(
            message=message,
            measured=first.share,
            threshold=limits.truncation_first_share,
            mask=truncated[:, 1:],
            loss="dqn",
            change=change,
        )


def _unlike_a_step(case: Case, truncated: Tensor) -> tuple[Tensor, Tensor] | None:
    """Pairs into truncated rows that could be judged, and that no step of this world leads along; None if too few."""
    if case.observations is None or case.or_none(lambda: case.taken) is None:
        return None
    found = case.dynamics.jumps
    if found is None:
        return None
    judged, jumped = (case.dynamics.expand(each) & truncated for each in (found.judged, found.jumped))
    return (judged, jumped) if int(judged.sum()) >= max(1, case.thresholds.min_episodes) else None


def _unlike(case: Case, pairs: tuple[Tensor, Tensor], truncated: Tensor, change: Change) -> Iterator[RawFinding]:
    judged, jumped = pairs
    measured, limit = share(jumped[judged]), case.thresholds.truncation_unlike_share
    if measured > limit:
        message = (
            f"{percent(measured)} of {int(judged.sum()):,} truncated rows show an observation that the step before does"
            f" not lead to (threshold {percent(limit)}): that of the next episode."
        )
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=truncated, loss="dqn", change=change)


def _jump(case: Case, truncated: Tensor, change: Change) -> Iterator[RawFinding]:
    """Without a counter or observations: into a reset the value changes more than it does from step to step."""
    limits = case.thresholds
    best = case.evaluation("dqn").terms.q_next_max
    jump = (best[:, 1:] - best[:, :-1]).abs()
    at = truncated[:, 1:]
    others = ~at & (case.field("done")[:, 2:] == 0) & ~case.episodes.no_transition[:, 1:]
    if int(at.sum()) < limits.min_episodes or not bool(others.any()):
        raise RuleSkipped(f"{limits.min_episodes} truncated rows among others, found {int(at.sum()):,}")
    usual = quantile(jump[others], 0.5)
    measured = quantile(jump[at], 0.5) / usual if usual else 0.0
    if measured > limits.truncation_jump:
        message = (
            f"Into truncated rows max Q changes {measured:.1f} times as much as into others"
            f" (threshold {limits.truncation_jump:g}): they may show the reset."
        )
        limit = limits.truncation_jump
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=truncated, loss="dqn", change=change)


@rule(
    "sequence-straddle",
    "warning",
    needs=(in_order, any_of(field("time"), field("sequence_id"))),
    shows="`sequence_id` changes, or `time` does not go on by its usual step, between two rows of which neither ends"
    " an episode.",
    why="The pair is trained as a transition, and bootstraps from a state that never followed.",
    fix="Sample sequences from within one recording, or mark the seam as truncated.",
    explains=(
        "alignment-off-by-one",
        "ends-missing",
        "end-inside-episode",
        "q-overestimation",
        "reset-pair",
        "q-star-contradicted",
    ),
    sources=("https://github.com/vwxyzjn/cleanrl/issues/499",),
)
def sequence_straddle(case: Case) -> Iterator[RawFinding]:
    """One row of the batch holds two sequences.

    A row of the batch goes over from one recording to another without a done code.
    """
    done = case.optional("done")
    inside = None if done is None else (done[:, :-1] == 0) & (done[:, 1:] == 0)
    for name in ("sequence_id", "time"):
        values = case.optional(name)
        if values is None or values.shape[1] < 2:
            continue
        values = values if values.is_floating_point() else values.long()  # unsigned ones cannot go back
        step = values[:, 1:] - values[:, :-1]
        seam = step != 0 if name == "sequence_id" else _breaks(values, step, inside)
        seam = seam if inside is None else seam & inside
        if bool(seam.any()):
            what = "changes" if name == "sequence_id" else "does not go on"
            message = f"{name} {what} inside a row, without an end, {counted(int(seam.sum()), 'time')} (threshold 0)."
            running = case.running(*transition_losses(case.losses))
            loss_name = running[0].name if running else None
            yield RawFinding(
                message=message,
                measured=int(seam.sum()),
                threshold=0,
                mask=seam,
                field=f"step_stream.{name}",
                loss=loss_name,
            )


def _breaks(time: Tensor, step: Tensor, inside: Tensor | None) -> Tensor:
    """Where a counter goes back, or on by another step than it usually does; -1 is unknown, 0 without codes a reset."""
    known = (time[:, 1:] >= 0) & (time[:, :-1] >= 0)
    if inside is None:
        known &= time[:, 1:] != 0
    counted = step[known] if inside is None else step[known & inside]
    usual = counted.median() if counted.numel() else 1
    regular = share(counted == usual) > 0.5
    return known & ((step != usual) if regular else (step < 0))
