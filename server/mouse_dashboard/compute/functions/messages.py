"""What goes between the dashboard and the process of a loss function: plain values and arrays, pickled."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse.tracing.knobs import Knob


class Array(NamedTuple):
    """A tensor as bytes."""

    dtype: str
    shape: tuple[int, ...]
    content: bytearray

    @classmethod
    def of(cls, tensor: Tensor) -> "Array":
        """Copy a tensor's bytes."""
        flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
        return cls(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape), bytearray(flat.numpy()))

    def tensor(self) -> Tensor:
        """The tensor again; it shares the bytes."""
        dtype: torch.dtype = getattr(torch, self.dtype)
        if not self.content:
            return torch.empty(self.shape, dtype=dtype)
        return torch.frombuffer(self.content, dtype=dtype).reshape(self.shape)


@dataclass(frozen=True)
class FunctionProblem:
    """Why a function gave no result."""

    message: str
    """One sentence."""
    traceback: str = ""
    """Of the user's own code; empty where it did not raise."""
    code: str = "loss_function"
    field: str | None = None


@dataclass(frozen=True)
class Description:
    """What is known of a function before it is called."""

    name: str
    doc: str
    knobs: Mapping[str, Knob]
    fields: tuple[str, ...]
    """Fields of the batch that it takes by name."""
    problem: FunctionProblem | None = None
    """Why its file cannot be run."""


@dataclass(frozen=True)
class Call:
    """Call the function on a stored batch."""

    path: str
    """File of the batch."""
    config: Mapping[str, Any]
    gradients: bool = False
    """Whether the gradient at every term is asked for instead of the terms."""
    findings: bool = False
    """Whether the doctor's findings are asked for instead of the terms."""


@dataclass(frozen=True)
class TracedCall:
    """What a call computed."""

    loss: Array
    metrics: Mapping[str, float]
    infos: tuple[TermInfo, ...]
    values: Mapping[str, Array]
    """``[B, time]`` or ``[B, time, index]`` of each term by name."""
    others: tuple[Mapping[str, Any], ...]
    """Named values that belong to no place."""
    differentiable: tuple[str, ...]
    """Terms and fields of the output that a gradient can reach, with the shapes of `gradients`."""
    unnamed: frozenset[str]
    """Terms that are expressions without a name."""
    helpers: Mapping[str, str]
    """Function of each term that is not the loss function's own."""
    scalars: Mapping[str, float]
    """Expressions that are one number for the whole batch, such as ``x.mean()``."""
    head_sizes: Mapping[str, int]
    """Of the third dimension of fields of the output."""
    gradient_infos: tuple[TermInfo, ...]
    reason: str
    """Why there is no loss per place; empty where there is one."""
    note: str
    """What must be said of the numbers."""
    seconds: float


@dataclass(frozen=True)
class TracedGradients:
    """Gradients at terms and outputs."""

    values: Mapping[str, Array]
    norm: float
    """Length of the gradient with respect to all fields of the model's output together."""


@dataclass(frozen=True)
class TracedFindings:
    """What the doctor found."""

    findings: tuple[Any, ...] = ()
    checked: tuple[str, ...] = ()
    not_checked: tuple[Any, ...] = field(default=())


Reply = Description | TracedCall | TracedGradients | TracedFindings | FunctionProblem


def packed(message: object) -> bytes:
    """A message as bytes."""
    return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


def unpacked(content: bytes) -> Any:
    """A message again. Both sides are ours; the user's code, which runs on one of them, is the operator's own."""
    return pickle.loads(content)  # noqa: S301
