"""One call of a plain function, recorded: its result, and everything that it computed on the way."""

import random
import sys
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import getsourcefile, unwrap
from pathlib import Path
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.config import LossConfig
from mouse.tracing.places import Places
from mouse.tracing.recorder import Recorder, Recording, in_folder
from mouse.tracing.signature import Signature

SEED = 0
"""Of every call: a function that draws random numbers draws the same ones each time."""


class LossFunctionError(Exception):
    """The user's function raised; its own frames tell where."""

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

    function: str
    """Qualified name of the function, as its values tell it."""
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
    """Fields of the model's output as the function got them, with gradient where they are floats."""


def trace(signature: Signature, step_stream: TensorDictBase, out: TensorDictBase, cfg: LossConfig) -> Trace:
    """Call a function on a batch and record what it computes; the call itself is the plain one, bit for bit.

    Floating-point fields of `out` require gradient, as a model's output does.

    Shapes: ``step_stream``, ``out`` [B, S], or [N] without order.

    Raises:
        MissingFieldError: (a KeyError) the batch has no field of a parameter's name.
        BatchError: (a ValueError) it returns no loss: neither a scalar nor a value per place.
        LossFunctionError: it raises.
    """
    places = _places(step_stream)
    heads = {str(name): _requiring_gradient(cast("Tensor", value)) for name, value in out.items()}
    with_gradient = out.copy()
    for name, value in heads.items():
        with_gradient[name] = value
    positional, keywords = signature.bind(step_stream, with_gradient, cfg)
    fields = {**{str(name): cast("Tensor", value) for name, value in step_stream.items()}, **heads}
    is_user_file = in_folder(_folder(signature.function))
    recorder = Recorder(is_user_file, fields.items(), trace.__code__)
    try:
        with torch.enable_grad(), _seeded() as drawn, recorder:
            result: Any = signature.function(*positional, **keywords)
    except Exception as error:
        raise LossFunctionError(signature.name, error, is_user_file) from error
    recorder.finish()
    returned, metrics = _split(signature.name, result)
    if returned.dim() and not places.is_place(returned.shape):
        raise _no_loss(signature.name, f"a tensor of shape {list(returned.shape)}")
    loss = returned if returned.dim() == 0 else returned.mean()
    serial = recorder.serial_of(returned)
    qualname = getattr(unwrap(signature.function), "__qualname__", signature.name).rpartition("<locals>.")[2]
    return Trace(qualname, places, recorder.recording, returned, loss, metrics, serial, bool(drawn), heads)


def _places(step_stream: TensorDictBase) -> Places:
    shape = step_stream.batch_size
    if len(shape) == 1:
        return Places(shape[0], 1, flat=True)
    if len(shape) != 2:
        raise BatchError("step_stream", f"batch size {list(shape)}", "[B, S] or [N]", "set the TensorDict's batch_size")
    return Places(shape[0], shape[1])


def _requiring_gradient(value: Tensor) -> Tensor:
    detached = value.detach()
    return detached.requires_grad_() if detached.is_floating_point() else detached


def _folder(function: Callable[..., Any]) -> Path:
    inner = unwrap(function)
    try:
        file = getsourcefile(inner)
    except TypeError:
        file = None
    return Path(file or ".").parent


def _split(name: str, result: Any) -> tuple[Tensor, dict[str, float]]:
    """The loss and what was returned beside it."""
    parts = cast("tuple[Any, ...]", result) if isinstance(result, tuple) and result else (result,)
    loss: Any = parts[0]
    if not isinstance(loss, Tensor) or loss.is_complex() or not loss.is_floating_point():
        raise _no_loss(
            name, f"a {type(loss).__name__}" if not isinstance(loss, Tensor) else f"a tensor of {loss.dtype}"
        )
    metrics: dict[str, float] = {}
    for other in parts[1:]:
        if isinstance(other, Mapping):
            for key, value in cast("Mapping[Any, Any]", other).items():
                number = _number(value)
                if number is not None:
                    metrics[str(key)] = number
    return loss.squeeze() if loss.numel() == 1 and loss.dim() else loss, metrics


def _number(value: Any) -> float | None:
    if isinstance(value, Tensor) and value.numel() == 1:
        return float(value.detach())
    return float(value) if isinstance(value, bool | int | float) else None


def _no_loss(name: str, found: str) -> BatchError:
    return BatchError(
        name, f"{found} returned", "a floating-point scalar, or one value per place of the batch",
        "return the loss first; metrics may follow in a dictionary",
    )  # fmt: skip


@contextmanager
def _seeded() -> Generator[list[bool]]:
    """Give every call the same random numbers, and leave those of the caller alone; notes whether any were drawn."""
    drawn: list[bool] = []
    numpy: Any = sys.modules.get("numpy")
    python, of_numpy = random.getstate(), numpy and numpy.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)
        random.seed(SEED)
        if numpy:
            numpy.random.seed(SEED)
        before = torch.get_rng_state(), random.getstate(), numpy and numpy.random.get_state()[2]
        try:
            yield drawn
        finally:
            after = torch.get_rng_state(), random.getstate(), numpy and numpy.random.get_state()[2]
            if not torch.equal(before[0], after[0]) or before[1:] != after[1:]:
                drawn.append(True)
            random.setstate(python)
            if numpy:
                numpy.random.set_state(of_numpy)
