"""The rule over the ways that gradients take: none where one is wanted, one where none is."""

from collections.abc import Iterator
from typing import cast

from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.flow import expression, line
from mouse.diagnosis.function_case import HEADS as OUTPUT
from mouse.diagnosis.function_case import FunctionCase
from mouse.diagnosis.outputs import FIXED, MAYBE_FIXED, never_trained
from mouse.diagnosis.rule import rule
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.summands import parts_without_gradient
from mouse.losses.fields import names
from mouse.tracing.recorder import Value

MAY_BE_RIGHT = "Nothing, where it is meant as a number, such as an advantage; else remove what ends the gradient."


@rule(
    "gradient-blocked",
    "error",
    needs=(OUTPUT,),
    shows="For each floating-point output of the model that the loss reads, whether a path of gradients leads from the"
    " loss to it, and the operation where it ends. A summand of the loss that is made of an output and has no gradient"
    " is a warning; an output without gradient inside one that has one is information: it may be meant as a number."
    " Outputs called `target` or `old` should get none; those called `next`, `ref` or the like, and those that another"
    " loss of the same call trains, may do without. Where the batch marks no output, by `out` or by a tensor that"
    " requires gradient, every floating-point field may be one, but for those that are data by name, such as"
    " `advantages`, `returns` or `old_log_prob`.",
    why="The head is never trained, or the target moves along with what is trained towards it; the loss falls anyway.",
    fix="Remove the detach, no_grad, argmax or conversion named, or add one at the target.",
    sources=("https://github.com/openai/baselines/issues/105", "https://github.com/ray-project/ray/pull/22171"),
)
def gradient_blocked(case: FunctionCase) -> Iterator[RawFinding]:
    """A gradient does not arrive, or arrives where it should not.

    No gradient reaches an output that the loss reads, or one reaches an output that is a target or an old value. A loss
    of which no gradient reaches anything but data trains nothing.
    """
    flow, guessed = case.flow, case.outputs.guessed
    reads = {name: serial for name, serial in case.outputs.serials.items() if serial in flow.on_the_way}
    if not reads and (case.trace.loss.requires_grad or not _fields_read(case)):
        raise RuleSkipped(f"an output of the model that leads to {case.name}")
    reached = {name for name in reads if (g := case.head_gradients[name]) is not None and bool((g != 0).any())}
    cut = [name for name in reads if case.head_gradients[name] is None]
    without = [name for name in cut if name not in case.trained_elsewhere]
    if len(cut if guessed else without) == len(reads) and not case.trains_parameters:
        yield _all_blocked(case, reads)
        return
    trained = {name for name in case.outputs.known if not FIXED.search(name) and not MAYBE_FIXED.search(name)}
    reported: set[str] = set()
    for part in parts_without_gradient(case):
        made_of = case.flow.fields_of(part.serial) & trained - case.trained_elsewhere
        if made_of and (last := [use for name in sorted(made_of) for use in _last_uses(case, reads[name])]):
            reported |= made_of
            end = next((use for use in last if use.serial in case.flow.recording.ancestors(part.serial)), part)
            message = (
                f"{case.flow.label(part.serial)}, which {case.name} adds up, has no gradient although it is made of"
                f" {' and '.join(sorted(made_of))}: it ends at `{expression(end)}` on {line(end)}."
            )
            yield RawFinding(message=message, field=_field(case, min(made_of)), loss=case.name, severity="warning")
    for name in without:
        if name in trained - reported:
            yield RawFinding(
                message=f"No gradient leads from {case.name} to {name}, which it reads: it ends at"
                f" {_ends(case, reads[name])}.",
                field=_field(case, name),
                loss=case.name,
                severity="info",
                fix=MAY_BE_RIGHT,
            )
    for name in reached:
        if FIXED.search(name) and not _is_without_gradient(case, name):
            message = (
                f"A gradient leads from {case.name} to {name} by {_first_use(case, reads[name])}, expected none: its"
                " name says that it is no output to train."
            )
            fix = f"Write `{name}.detach()`, or compute the target under torch.no_grad()."
            yield RawFinding(message=message, field=_field(case, name), loss=case.name, fix=fix, severity="warning")


def _fields_read(case: FunctionCase) -> dict[str, int]:
    """Fields that could have a gradient and that the function reads, whatever it makes of them."""
    mentioned = case.reads if case.outputs.guessed else frozenset[str]()
    return {name: serial for serial, name in case.flow.heads.items() if name in mentioned or case.is_used(serial)}


def _all_blocked(case: FunctionCase, reads: dict[str, int]) -> RawFinding:
    """No output has a gradient: an error where that is certain, and else a question."""
    every = reads or _fields_read(case)
    data = [name for name, gradient in case.head_gradients.items() if name not in reads and gradient is not None]
    is_certain = bool(case.outputs.known & reads.keys()) or all(map(never_trained, data))
    what = "field that a model may have put out" if case.outputs.guessed and data else "output that it reads"
    ends = ", ".join(dict.fromkeys(_ends(case, serial) for serial in every.values()))
    message = f"No gradient leads from {case.name} to any {what}: it ends at {ends}."
    if data:
        message += f" One leads to {' and '.join(sorted(data))}, which no model puts out."
    return RawFinding(
        message=message,
        field=_field(case, next(iter(every))),
        loss=case.name,
        severity=None if is_certain else "info",
        fix=None if is_certain else MAY_BE_RIGHT,
    )


def _field(case: FunctionCase, name: str) -> str:
    return f"{'out' if name in names(case.out) else 'step_stream'}.{name}"


def _last_uses(case: FunctionCase, serial: int) -> list[Value]:
    """Operations behind which no gradient goes on, on the ways from an output to the loss."""
    found: dict[int, Value] = {}
    open_, seen = [serial], set[int]()
    while open_:
        current = open_.pop()
        for value in case.flow.consumers.get(current, []):
            if not case.has_gradient(value):
                found[value.serial] = value
            elif value.serial not in seen:
                seen.add(value.serial)
                open_.append(value.serial)
    return [found[serial] for serial in sorted(found)]


def _ends(case: FunctionCase, serial: int) -> str:
    last = _last_uses(case, serial)
    return f"`{expression(last[0])}` on {line(last[0])}" if last else "the result, which is no part of the graph"


def _first_use(case: FunctionCase, serial: int) -> str:
    used = [value for value in case.flow.consumers.get(serial, []) if value.requires_grad]
    return f"`{expression(used[0])}` on {line(used[0])}" if used else "the result"


def _is_without_gradient(case: FunctionCase, name: str) -> bool:
    """Whether the model put it out without gradient, beside others that have one."""
    outputs = {key: cast("Tensor", case.out[key]) for key in names(case.out)}
    return (
        name in outputs and not outputs[name].requires_grad and any(value.requires_grad for value in outputs.values())
    )
