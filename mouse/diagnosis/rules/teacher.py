"""Rules over the teacher: the distribution made of optimal values."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from mouse.diagnosis.case import Case
from mouse.diagnosis.evaluation import entropy_in
from mouse.diagnosis.finding import Change, RawFinding
from mouse.diagnosis.need import config, finite
from mouse.diagnosis.numbers import entropy_of_choices, percent, round_down, share
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.losses.discount import TERMINAL
from mouse.losses.sp import SpInputs

SAMPLES = 1024
HALVINGS = 30
WANTED_ENTROPY = 0.5


@rule(
    "temperature-extreme",
    "warning",
    needs=(finite("sp"),),
    thresholds=("entropy_low", "entropy_high"),
    shows="The mean entropy of the teacher over ln(valid actions), on steps with two valid actions at least; needs"
    " another `loss_type` than `ce`, whose teacher is one-hot by design.",
    why="A uniform teacher trains the student to act at random; a one-hot one hides which mistakes are small.",
    fix="Set the temperature to the spread of q_star: the value given makes the mean relative entropy one half.",
    sources=("https://arxiv.org/abs/1503.02531",),
)
def temperature_extreme(case: Case) -> Iterator[RawFinding]:
    """The teacher is almost one-hot or almost uniform.

    The temperature does not fit the spread of `q_star`: the teacher says nothing, or tolerates nothing.
    """
    found, limits = case.evaluation("sp"), case.thresholds
    if found.cfg.loss_type == "ce":
        raise RuleSkipped("another sp.loss_type than ce")
    entropy = entropy_in(case.parts("sp"), "log_teacher")
    if not entropy.numel():
        raise RuleSkipped("a step with two valid actions")
    measured = float(entropy.double().mean())
    if limits.entropy_low <= measured <= limits.entropy_high:
        return
    kind, limit = ("one-hot", limits.entropy_low) if measured < limits.entropy_low else ("uniform", limits.entropy_high)
    message = (
        f"The teacher's mean entropy is {percent(measured)} of the largest: almost {kind} (threshold {percent(limit)})."
    )
    change = Change("sp.temperature", round_down(_fitting_temperature(case)))
    yield RawFinding(message=message, measured=measured, threshold=limit, field="configs.sp.temperature", change=change)


def _sample(case: Case) -> SpInputs:
    """Stage 1 of some steps of the batch, as one sequence."""
    some = case.evaluation("sp").terms.counted.nonzero()
    row, step = some[:: -(-len(some) // SAMPLES)].unbind(dim=1)
    found: dict[str, list[Tensor]] = {}
    for part in case.parts("sp"):
        first, stop, _ = part.rows.indices(int(row.amax()) + 1)
        here = (row >= first) & (row < stop)
        for name, value in cast("dict[str, Tensor | None]", vars(part.inputs)).items():
            found.setdefault(name, []).extend([] if value is None else [value[row[here] - first, step[here]]])
    fields: dict[str, Any] = {name: torch.cat(of).unsqueeze(0) if of else None for name, of in found.items()}
    return SpInputs(**fields)


def _fitting_temperature(case: Case) -> float:
    """Temperature that gives the wanted entropy, by halving its logarithm on a sample of the steps."""
    found, inputs = case.evaluation("sp"), _sample(case)
    low, high = -20.0, 20.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        terms = found.loss.terms(inputs, replace(found.cfg, temperature=10**middle, label_smoothing=0.0))
        entropy = entropy_of_choices(terms.log_teacher, inputs.valid).mean()
        low, high = (low, middle) if float(entropy) > WANTED_ENTROPY else (middle, high)
    return 10**high


@rule(
    "temperature-ignored",
    "info",
    needs=(config("sp"),),
    shows="`temperature` other than 1 with `ce`.",
    why="Tuning it has no effect.",
    fix="Choose a loss_type with a soft teacher, or leave the temperature at 1.",
    sources=("https://arxiv.org/abs/1503.02531",),
)
def temperature_ignored(case: Case) -> Iterator[RawFinding]:
    """The temperature is set and not used.

    `loss_type="ce"` takes the best action as its teacher; a temperature changes nothing.
    """
    cfg = case.config("sp")
    if cfg.loss_type == "ce" and cfg.temperature != 1:
        message = f"temperature = {cfg.temperature:g} is not used by loss_type = 'ce' (expected 1)."
        change = Change("sp.loss_type", "ce-soft-fwd")
        field = "configs.sp.temperature"
        yield RawFinding(message=message, measured=cfg.temperature, threshold=1, field=field, change=change)


@rule(
    "q-star-ties",
    "warning",
    needs=(finite("sp"),),
    thresholds=("tie_margin", "tie_share"),
    shows="The share of steps whose best action leads the second by less than `tie_margin` of the range of the step's"
    " values, terminal states left out; needs `loss_type` `ce`.",
    why="The student learns the order of the actions, and is punished for others that are as good.",
    fix="Use a soft teacher, which gives tied actions the same probability.",
    sources=("https://arxiv.org/abs/1503.02531",),
)
def q_star_ties(case: Case) -> Iterator[RawFinding]:
    """Tied optimal values always teach the lowest index.

    Several actions are optimal, and the one-hot teacher of `ce` takes the first of them.
    """
    found, limits = case.evaluation("sp"), case.thresholds
    if found.cfg.loss_type != "ce":
        raise RuleSkipped("sp.loss_type = ce")
    done = case.optional("done")
    in_parts = [
        _ties(part.inputs, None if done is None else done[part.rows], limits.tie_margin) for part in case.parts("sp")
    ]
    judged, tied = (torch.cat(values) for values in zip(*in_parts, strict=True))
    if not bool(judged.any()):
        raise RuleSkipped("a step with two valid actions")
    measured = share(tied[judged])
    if measured > limits.tie_share:
        q_star = case.field("q_star")
        chosen = q_star[tied].argmax(dim=-1).bincount(minlength=q_star.shape[-1])
        counts = enumerate(cast("list[int]", chosen.tolist()))
        counted = ", ".join(f"action {action} {count:,} times" for action, count in counts if count)
        message = (
            f"The best action ties on {percent(measured)} of the steps (threshold {percent(limits.tie_share)});"
            f" taught there: {counted}."
        )
        change = Change("sp.loss_type", "ce-soft-fwd")
        yield RawFinding(
            message=message, measured=measured, threshold=limits.tie_share, mask=tied, loss="sp", change=change
        )


def _ties(inputs: SpInputs, done: Tensor | None, margin: float) -> tuple[Tensor, Tensor]:
    """Steps that are judged, and those of them whose best action ties with the second, bool ``[B, S]`` each."""
    several_valid = inputs.valid.sum(dim=-1) > 1
    judged = several_valid if done is None else several_valid & (done != TERMINAL)
    tied = torch.zeros_like(judged)
    if bool(judged.any()):
        values = inputs.q_star[judged]
        best, second = values.topk(2, dim=-1).values.unbind(dim=-1)
        spread = best - torch.where(values.isneginf(), torch.inf, values).amin(dim=-1)
        tied[judged] = (best - second) <= margin * spread
    return judged, tied
