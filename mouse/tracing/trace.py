"""Trace one call of a plain function: its result, and everything that it computed."""

import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.torch_internals import caller_frame
from mouse.tracing.call_inputs import CallInputs, call_inputs, floating
from mouse.tracing.function import code_of, user_files
from mouse.tracing.places import Places, places_of
from mouse.tracing.randomness import fixed_seed
from mouse.tracing.recorder import InputChangedError, Recorder
from mouse.tracing.recording import Recording
from mouse.tracing.returned import no_loss, split_result
from mouse.tracing.signature import Signature


class LossFunctionError(Exception):
    """The user's function raised; the traceback has its own frames."""

    def __init__(self, name: str, error: BaseException, is_user_file: Callable[[str], bool]) -> None:
        frames = [each for each in traceback.extract_tb(error.__traceback__) if is_user_file(each.filename)]
        text = traceback.format_exception_only(error)[-1].strip()
        where = f" at line {frames[-1].lineno} of {Path(frames[-1].filename).name}" if frames else ""
        super().__init__(f"{name}: raised {text}{where}; repair the function and save it.")
        self.traceback = "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)])
        """Its traceback, from the function on."""


@dataclass(frozen=True)
class Trace:
    """What one call computed."""

    places: Places
    recording: Recording
    returned: Tensor
    """What the function returned as its loss: a scalar, or one value per place."""
    loss: Tensor
    """The scalar that training minimises: the returned one, or the mean of what was returned per place."""
    metrics: Mapping[str, float]
    """Scalars that it returned beside the loss."""
    serial: int | None
    """Number of `returned` in the recording; None where no recorded operation made it."""
    is_random: bool
    """Whether it drew random numbers, which are the same at each call."""
    heads: Mapping[str, Tensor]
    """Fields of the model's output as they were handed in, with gradient where they are floats."""
    changed: tuple[str, ...] = ()
    """Fields that the function has changed in place, in copies of its own."""


def trace(signature: Signature, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig) -> Trace:
    """Call a function on a batch and record what it computes; the call itself is the plain one, bit for bit.

    Floating-point fields of `out` require gradient, as a model's output does; where the function reads none of them,
    all floating-point fields do. A function that changes a field in place is called again on copies. The global random
    generators of torch, Python and numpy are seeded; other generator objects are not. Compiled
    functions run uncompiled.

    Shapes: ``step_stream``, ``out`` [B, S], or [N] without order.

    Raises:
        MissingFieldError: (a KeyError) the batch has no field of a parameter's name.
        BatchError: (a ValueError) it returns no loss: neither a scalar nor a value per place.
        LossFunctionError: it raises.
    """
    everything = floating(step_stream, out)
    heads = floating(out) | {name for name in floating(step_stream) if step_stream[name].requires_grad}
    made = _trace(signature, step_stream, out, cfg, heads)
    if heads == everything or _reads(made, heads):
        return made
    try:
        return _trace(signature, step_stream, out, cfg, everything)
    except LossFunctionError:  # it takes its data out of torch, which refuses that of what requires gradient
        return made


def _reads(made: Trace, fields: Collection[str]) -> bool:
    read = {serial for value in made.recording.values.values() for serial in value.inputs}
    return any(serial in read for serial, (name, _) in made.recording.inputs.items() if name in fields)


def _trace(
    signature: Signature, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig, heads: Collection[str]
) -> Trace:
    try:
        return _call(signature, call_inputs(step_stream, out, heads), cfg, protects_inputs=True)
    except InputChangedError:
        return _call(signature, call_inputs(step_stream, out, heads, copies=True), cfg, protects_inputs=False)


def _call(signature: Signature, inputs: CallInputs, cfg: LossConfig, *, protects_inputs: bool) -> Trace:
    step_stream, out = cast("tuple[TensorDictBase, TensorDictBase]", (inputs.step_stream, inputs.out))
    places = places_of(step_stream, out)
    positional, keywords = signature.bind(step_stream, out, cfg)
    is_user_file = user_files(signature.function)
    fields = [(name, seen, shown) for name, (seen, shown) in inputs.fields.items()]
    recorder = Recorder(is_user_file, fields, caller_frame(1), code_of(signature.function), protects_inputs)
    try:
        with torch.enable_grad(), _uncompiled(), fixed_seed() as draws, recorder:
            result: Any = signature.function(*positional, **keywords)
    except Exception as error:
        raise LossFunctionError(signature.name, error, is_user_file) from error
    finally:
        recorder.finish()
    first, metrics = split_result(signature.name, result)
    returned = first.squeeze() if first.numel() == 1 else first
    if returned.dim() and not places.is_place(returned.shape):
        raise no_loss(signature.name, f"a tensor of shape {list(returned.shape)}")
    loss = returned if returned.dim() == 0 else returned.mean()
    changed = () if protects_inputs else tuple(name for name, seen, shown in fields if not _is_same(seen, shown))
    return Trace(
        places, recorder.recording, returned, loss, metrics, recorder.serial_of(first), draws.any, inputs.heads, changed
    )


def _is_same(seen: Tensor, shown: Tensor) -> bool:
    """Whether a copy still holds what it was made of; NaN is NaN."""
    return seen.shape == shown.shape and bool(((seen == shown) | ((seen != seen) & (shown != shown))).all())  # noqa: PLR0124


def _uncompiled() -> AbstractContextManager[Any]:
    """Run functions of `torch.compile` as they are written: what is compiled is one operation without names."""
    return torch.compiler.set_stance("force_eager")
