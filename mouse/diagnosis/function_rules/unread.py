"""Rules over what a function does to the fields of the batch: those that it ignores, those that it changes."""

import re
from collections.abc import Iterator

from torch import Tensor

from mouse.diagnosis.finding import RawFinding
from mouse.diagnosis.function_case import CALL, FunctionCase
from mouse.diagnosis.numbers import percent, share
from mouse.diagnosis.rule import rule
from mouse.losses.fields import names

WEIGHTS = re.compile(r"^(importance|is|sample|per|priority|replay)?_?weights?$|^importance_ratio$")
"""Factors of what each sample adds to a loss."""
ENDS = re.compile(r"^(dones?|terminals?|terminateds?|terminations?|not_?done|masks?_?done|discounts?|nonterminals?)$")
"""What says behind which steps nothing is bootstrapped."""
BOOTSTRAPPED = re.compile(r"(^|_)(next|target|targ)(_|$)")
"""What values of later states are called."""
REWARD = re.compile(r"^(next_)?(rewards?|rew)$")


@rule(
    "field-ignored",
    "warning",
    needs=(CALL,),
    shows="Importance weights that differ between places, and ends of episodes beside a reward that the function"
    " reads: none of its operations, nor another loss of the same call, reads them. Weights that it does not take as a"
    " parameter, and that are not called importance weights, are information; so are ends where no field that it reads"
    " is called `target` or `next`.",
    why="Samples that were drawn too often count too often; a target looks past the end of its episode.",
    fix="Multiply the loss of each place by its weight; multiply what is bootstrapped by 1 - terminated.",
    sources=("https://github.com/vwxyzjn/cleanrl/issues/457", "https://github.com/Farama-Foundation/D4RL/issues/77"),
)
def field_ignored(case: FunctionCase) -> Iterator[RawFinding]:
    """The function never reads ends or importance weights of the batch.

    The batch says where episodes end, or how much each sample counts, and the loss is made without it.
    """
    fields = {name: tensor for name, tensor in case.flow.recording.inputs.values() if name not in names(case.out)}
    read, taken = case.reads | case.read_elsewhere, {each.name for each in case.explained.signature.parameters}
    for name, tensor in fields.items():
        if WEIGHTS.search(name) and name not in read and tensor.is_floating_point() and _differs(case, tensor):
            message = (
                f"{case.name} never reads {name}, which lies between {float(tensor.min()):.3g} and"
                f" {float(tensor.max()):.3g}: every sample counts the same."
            )
            severity = None if name in taken or name.startswith("importance") else "info"
            yield RawFinding(message=message, field=f"step_stream.{name}", loss=case.name, severity=severity)
    ends = {name: tensor for name, tensor in fields.items() if ENDS.search(name) and _differs(case, tensor)}
    if ends and not ends.keys() & read and any(REWARD.search(name) for name in case.reads):
        name, tensor = next(iter(ends.items()))
        some = min(tensor != tensor.min(), tensor == tensor.min(), key=share)
        message = (
            f"{case.name} reads a reward and never {name}, which is {float(tensor[some].max()):g} at"
            f" {percent(share(some))} of {tensor.numel()} places: targets there look past the end of an episode."
        )
        yield RawFinding(
            message=message,
            measured=share(some),
            mask=case.mask(some),
            field=f"step_stream.{name}",
            loss=case.name,
            severity=None if any(BOOTSTRAPPED.search(each) for each in case.reads) else "info",
        )


def _differs(case: FunctionCase, tensor: Tensor) -> bool:
    return tensor.shape == case.places.batch_size and bool((tensor != tensor.flatten()[0]).any())


@rule(
    "batch-changed",
    "warning",
    needs=(CALL,),
    shows="Fields of the batch before and after the call, which was made on copies.",
    why="The next loss, the next epoch and whatever is logged read other numbers than were stored.",
    fix="Make a new tensor: `reward = reward + bonus` in the place of `reward += bonus`.",
)
def batch_changed(case: FunctionCase) -> Iterator[RawFinding]:
    """The function changes the batch.

    An operation in place changes a field of the batch, so that each further call has other numbers.
    """
    for name in case.trace.changed:
        where = "out" if name in names(case.out) else "step_stream"
        message = f"{case.name} changes {name} in place: the batch is another one after the call."
        yield RawFinding(message=message, field=f"{where}.{name}", loss=case.name)
