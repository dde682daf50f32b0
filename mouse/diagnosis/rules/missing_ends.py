"""Rules over ends that are not where episodes end: those that are missing, and those after which an episode goes on."""

from collections.abc import Iterator

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.need import at_least, condition, field, in_order, transitions
from mouse.diagnosis.numbers import percent, quantile, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.evidence.jumps import FAR
from mouse.evidence.restarts import restarts
from mouse.wording import counted

FIELD = "step_stream.done"
MANY = 0.3
"""Share of ordinary steps that may jump; where more do, the world is not predictable."""
TOGETHER = 0.5
"""Spread of the observations after a jump, relative to that of all: episodes begin near one another."""
SYMPTOMS = (
    "alignment-off-by-one", "q-overestimation", "discount-unbounded", "reset-pair", "reward-not-a-function",
    "rows-apart", "q-star-contradicted",
)  # fmt: skip


@rule(
    "ends-missing",
    "warning",
    needs=(in_order, field("done"), transitions()),
    thresholds=("min_samples", "many_transitions", "min_jumps"),
    shows="Pairs of rows of which neither ends an episode, where the observation jumps by many times what a linear"
    " model of its change leaves elsewhere, to where episodes begin after ends that are marked; or always to about"
    " the same place. As information: no end among so many transitions.",
    why="The last state of an episode bootstraps from the first of the next, and values have no end to grow from.",
    fix="Store done = 1 where the environment terminated and 2 where it was cut; check where the flag gets lost.",
    explains=SYMPTOMS,
    sources=(
        "https://github.com/navneet-nmk/pytorch-rl/issues/2",
        "https://github.com/facebookresearch/ReAgent/issues/189",
    ),
)
def ends_missing(case: Case) -> Iterator[RawFinding]:
    """Episodes end and nothing says so.

    Rows go from one episode to the next without an end between them.
    """
    jumped = _unmarked_jumps(case)
    count = 0 if jumped is None else int(jumped.sum())
    if count >= max(1, case.thresholds.min_jumps):
        ends = int(case.episodes.end.sum())
        message = (
            f"{count:,} running pairs of rows lead to an observation that no step of this world leads to, as at the"
            f" start of an episode (threshold {case.thresholds.min_jumps});"
            f" done marks {counted(ends, 'end')}."
        )
        yield RawFinding(
            message=message,
            measured=count,
            threshold=case.thresholds.min_jumps,
            mask=jumped,
            field=FIELD,
            loss="dqn" if case.running("dqn") else None,
        )
        return
    total, some = case.episodes.end[:, 1:].numel(), bool(case.episodes.end.any())
    if not some and total >= case.thresholds.many_transitions:
        message = f"0 ends in {total:,} transitions (threshold 1): done never says that an episode ends."
        fix = "Check that ends are stored; nothing is wrong where episodes are longer than the sequences."
        yield RawFinding(message=message, measured=0, threshold=1, field=FIELD, fix=fix, severity="info")
    elif jumped is None:
        less = "" if some else f"{case.thresholds.many_transitions:,} transitions, found {total:,}, or "
        raise RuleSkipped(f"{less}observations that jump where episodes end")


def _unmarked_jumps(case: Case) -> Tensor | None:
    """Running pairs between which the observation jumps as from one episode to the next; None where it cannot tell."""
    if case.observations is None or case.or_none(lambda: case.taken) is None:
        return None
    dynamics = case.dynamics
    found = dynamics.jumps
    if found is None or found.sizes is None or found.usual > MANY:
        return None
    none = torch.zeros_like(case.episodes.end[:, 1:])
    jumped = found.jumped & dynamics.running
    far = jumped & (found.sizes >= FAR)
    begun = dynamics.obs[:, 1:][dynamics.end[:, :-1]]
    back = restarts(dynamics.obs[:, 1:][far], begun, dynamics.obs.flatten(0, 1))
    if back is not None and bool(back.any()):
        return dynamics.expand(torch.zeros_like(far).masked_scatter(far, back))
    if not bool(jumped.any()) or quantile(found.sizes[jumped], 0.5) < FAR:
        return none
    landed = dynamics.obs[:, 1:][jumped].double()
    spread, usual = landed.std(dim=0, correction=0), dynamics.obs.double().flatten(0, 1).std(dim=0, correction=0)
    varies = usual > 0
    return dynamics.expand(jumped) if float((spread[varies] / usual[varies]).mean()) < TOGETHER else none


@rule(
    "end-inside-episode",
    "warning",
    needs=(
        in_order,
        field("done"),
        at_least("min_jumps", "ends with a row after them", lambda case: int(case.episodes.after_end.sum())),
        condition("`time` that begins anew with each episode", lambda case: _begins_anew(case.field("time"))),
    ),
    thresholds=("min_jumps", "inside_share"),
    shows="Ends after which `time` goes on by one, although it begins anew elsewhere.",
    why="The target before such an end has no future: a state in the middle of an episode is trained as its last.",
    fix="Check that an end is stored once and on the row that it led to; where rewards are summed over n steps, all of"
    " them end.",
    explains=("episode-too-short", "done-merged", "reset-pair", "alignment-off-by-one"),
    sources=("https://github.com/Farama-Foundation/D4RL/issues/77",),
)
def end_inside_episode(case: Case) -> Iterator[RawFinding]:
    """An episode goes on after its end.

    `done` says that an episode ends, and the counter of its steps goes on in the next row.
    """
    time, end = case.field("time"), case.episodes.end
    inside = end[:, :-1] & (time[:, :-1] > 0) & (time[:, 1:] == time[:, :-1] + 1)
    measured, limit = share(inside[case.episodes.after_end]), case.thresholds.inside_share
    if measured > limit:
        message = (
            f"After {percent(measured)} of {int(case.episodes.after_end.sum()):,} ends time goes on by one"
            f" (threshold {percent(limit)}): the episode has not ended there."
        )
        mask = torch.zeros_like(end)
        mask[:, :-1] = inside
        yield RawFinding(message=message, measured=measured, threshold=limit, mask=mask, field=FIELD)


def _begins_anew(time: Tensor) -> bool:
    """Whether a counter ever goes back: one that never does counts the steps of a run."""
    return bool(((time[:, 1:] >= 0) & (time[:, 1:] < time[:, :-1])).any())
