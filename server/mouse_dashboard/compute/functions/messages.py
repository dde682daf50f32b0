"""Messages between the dashboard and the process of a loss function: JSON plus tensors."""

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import Any, cast

import torch
from pydantic import TypeAdapter
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse_dashboard.compute.functions.plain_knob import PlainKnob
from mouse_dashboard.compute.functions.tensor_transfer import Shape, TensorReceiver, TensorSender
from mouse_dashboard.compute.non_finite import NonFiniteCounts

GRADIENT = "∂loss/∂"
"""Before the name of what a gradient is with respect to."""


@dataclass(frozen=True)
class FunctionProblem:
    """Why a function returned no result."""

    message: str
    """One sentence."""
    traceback: str = ""
    """Of the user's own code; empty where it did not raise."""
    code: str = "loss_function"
    field: str | None = None


@dataclass(frozen=True)
class Description:
    """A function's signature and docs, known before it is called."""

    name: str
    doc: str
    knobs: tuple[PlainKnob, ...] = ()
    fields: tuple[str, ...] = ()
    """Fields of the batch that it takes by name."""
    problem: FunctionProblem | None = None
    """Why its file cannot be run."""
    files: tuple[str, ...] = ()
    """The file and those that it imports, but for libraries."""


@dataclass(frozen=True)
class Call:
    """Call the function on a stored batch."""

    path: str
    """File of the batch."""
    config: dict[str, Any]
    wanted: str = "terms"
    """What is asked for: terms, gradients or findings."""


@dataclass(frozen=True)
class TracedCall:
    """The result of a call. Tensors: the loss, then ``[B, time]`` or ``[B, time, index]`` of each term."""

    metrics: dict[str, float]
    infos: tuple[TermInfo, ...]
    others: tuple[dict[str, Any], ...]
    """Named values that belong to no place."""
    unnamed: frozenset[str]
    """Terms that are expressions without a name."""
    helpers: dict[str, str]
    """Function of each term that is not the loss function's own."""
    scalars: dict[str, float]
    """Expressions that are one number for the whole batch, such as ``x.mean()``."""
    health: dict[str, NonFiniteCounts]
    """Of every floating-point term, what is not finite."""
    head_sizes: dict[str, int]
    """Of the third dimension of fields of the output."""
    gradient_infos: tuple[TermInfo, ...]
    """Terms and fields of the output that a gradient can reach."""
    reason: str
    """Why there is no loss per place; empty where there is one."""
    note: str
    """What must be said of the numbers."""
    seconds: float


@dataclass(frozen=True)
class TracedGradients:
    """Gradients at terms and outputs. Tensors: one for each name."""

    names: tuple[str, ...]
    norm: float
    """Length of the gradient with respect to all fields of the model's output together."""


@dataclass(frozen=True)
class TracedFindings:
    """The doctor's findings. Tensors: the places of each finding that has some."""

    findings: tuple[dict[str, Any], ...]
    masks: tuple[int, ...]
    """Which findings have places."""
    checked: tuple[str, ...]
    not_checked: tuple[tuple[str, str], ...]
    partly_checked: tuple[tuple[str, str, str], ...]


Message = FunctionProblem | Description | Call | TracedCall | TracedGradients | TracedFindings
Tensors = tuple[Tensor, ...]
KINDS = {
    kind.__name__: kind for kind in (FunctionProblem, Description, Call, TracedCall, TracedGradients, TracedFindings)
}


class CallChannel:
    """The dashboard's end of a connection: sends calls, receives replies with their tensors."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tensors = TensorReceiver(connection)

    def send(self, call: Call) -> None:
        """Ask."""
        self._connection.send_bytes(_encode(call, ()))
        self._tensors.lend()

    def poll(self, seconds: float) -> bool:
        """Whether a reply is available; waits up to the timeout."""
        return self._connection.poll(seconds)

    def receive(self) -> tuple[Message, Tensors]:
        """Receive a reply.

        Raises:
            EOFError, OSError: the other end is gone.
        """
        message, shapes = _decode(self._connection.recv_bytes())
        return message, self._tensors.receive(shapes) if shapes else ()

    def close(self) -> None:
        """Close the connection; tensors already received stay valid."""
        self._connection.close()


class AnswerChannel:
    """The function's end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tensors = TensorSender(connection)

    def receive(self) -> Call:
        """Receive a call.

        Raises:
            EOFError, OSError: the other end is gone.
        """
        call, _ = _decode(self._connection.recv_bytes())
        assert isinstance(call, Call)  # noqa: S101
        self._tensors.borrow()
        return call

    def send(self, message: Message, tensors: Tensors = ()) -> None:
        """Answer."""
        self._connection.send_bytes(_encode(message, tensors))
        if tensors:
            self._tensors.send([tensor.detach().contiguous() for tensor in tensors])

    def close(self) -> None:
        """End the connection."""
        self._tensors.close()
        self._connection.close()


def _encode(message: Message, tensors: Tensors) -> bytes:
    shapes = [(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape)) for tensor in tensors]
    return json.dumps({"kind": type(message).__name__, "message": message, "tensors": shapes}, default=_plain).encode()


def _plain(value: object) -> object:
    """Encode what JSON cannot; `dataclasses.asdict` would copy every value, which took a tenth of a call."""
    return vars(value) if dataclasses.is_dataclass(value) else list(cast("Iterable[object]", value))


def _decode(content: bytes) -> tuple[Message, list[Shape]]:
    head = json.loads(content)
    message: Message = _adapter(head["kind"]).validate_python(head["message"])
    return message, [(getattr(torch, dtype), tuple(shape)) for dtype, shape in head["tensors"]]


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])
