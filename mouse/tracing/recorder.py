"""What a function computes, recorded while it runs: every tensor operation with its place in the source, every name."""

import sys
import sysconfig
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, cast

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mouse.tracing.source import Expression, assignment_of, expression_at

VIEWS = {
    *("__getitem__", "select", "narrow", "unbind", "split", "chunk"),
    *("view", "view_as", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "detach", "contiguous"),
    *("permute", "transpose", "t", "swapaxes", "movedim"),
    *("expand", "expand_as", "broadcast_to", "broadcast_tensors"),
}
"""Operations that show values anew and compute none."""
IN_PLACE = {f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "and", "or", "xor", "mod")}
LIBRARIES = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})


@dataclass(frozen=True)
class Value:
    """A tensor that an operation made."""

    serial: int
    """Counts values in order of computation."""
    operation: str
    """Name of the operation."""
    expression: Expression
    function: str
    """Name of the user's function that it stands in."""
    file: str
    inputs: tuple[int, ...]
    """Serials of the values that it is made of."""
    input_shapes: tuple[torch.Size, ...]
    tensor: Tensor
    requires_grad: bool


@dataclass(frozen=True)
class Name:
    """A name that a value got."""

    name: str
    function: str
    expression: Expression
    depth: int
    """How deep in calls of the user's functions; 0 is the loss itself."""


@dataclass
class Recording:
    """Everything that was computed, in order."""

    values: dict[int, Value] = field(default_factory=dict[int, Value])
    names: dict[int, list[Name]] = field(default_factory=dict[int, list[Name]])
    """Names of each value; also of values that were handed in."""
    inputs: dict[int, tuple[str, Tensor]] = field(default_factory=dict[int, tuple[str, Tensor]])
    """Values that were handed in, with their names."""

    def ancestors(self, serial: int) -> set[int]:
        """Serials of all values that a value is made of, its own too."""
        found: set[int] = set()
        open_ = [serial]
        while open_:
            current = open_.pop()
            if current not in found:
                found.add(current)
                open_ += self.values[current].inputs if current in self.values else ()
        return found


class Recorder(TorchFunctionMode):
    """Records tensor operations of the user's code while it is entered."""

    def __init__(
        self,
        is_user_file: Callable[[str], bool],
        inputs: Iterable[tuple[str, Tensor]],
        boundary: CodeType | None = None,
    ) -> None:
        super().__init__()
        self._boundary = boundary
        self.recording = Recording()
        self._is_user_file = is_user_file
        self._user_files: dict[str, bool] = {}
        self._serials: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._expected: dict[tuple[int, str], tuple[int, Name]] = {}
        self._named: dict[tuple[int, str], int] = {}
        self._next = 0
        for name, tensor in inputs:
            self.recording.inputs[self._number(tensor)] = name, tensor

    def serial_of(self, tensor: Tensor) -> int | None:
        """Number of a tensor that was seen."""
        known = self._serials.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = str(getattr(func, "__name__", func))
        changed = _changed_in_place(operation, args, kwargs)
        if changed is not None:
            self._keep_old_value(changed)
        result = func(*args, **kwargs)
        outputs = [changed] if changed is not None else list(_tensors(result))
        if outputs:
            self._record(operation, list(_tensors((args, kwargs))), outputs)
        return result

    def _record(self, operation: str, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        frames = self._frames()
        if not frames:
            return
        self._note_names(frames)
        expression, function, file = expression_at(frames[0]), _function(frames[0]), frames[0].f_code.co_filename
        serials = tuple(dict.fromkeys(self.serial_of(each) or self._number(each) for each in inputs))
        shapes = tuple(each.shape for each in inputs)
        for output in outputs:
            if any(output is each for each in inputs) and not _changes(operation):
                continue  # handed through
            serial = self._number(output)
            self.recording.values[serial] = Value(
                serial, operation, expression, function, file, serials, shapes, output, output.requires_grad
            )
            if len(outputs) == 1:
                self._expect_name(serial, expression, frames)

    def _expect_name(self, serial: int, expression: Expression, frames: list[FrameType]) -> None:
        """Remember the name that a value gets by where it stands: the last one of an expression is what it results in.

        What a function returns gets the name that its caller gives it.
        """
        for level, frame in enumerate(frames):
            if level:
                expression = expression_at(frame)
            if expression.name is not None:
                depth = len(frames) - 1 - level
                self._expected[id(frame), expression.name] = (
                    serial,
                    Name(expression.name, _function(frame), expression, depth),
                )
            if not expression.returned:
                return

    def _note_names(self, frames: list[FrameType]) -> None:
        """Note the variables of the user's functions that hold tensors."""
        for depth, frame in enumerate(reversed(frames)):
            for name, value in frame.f_locals.items():
                key = id(frame), name
                expected = self._expected.get(key)
                if expected is not None and expected[1].expression.assigned:
                    del self._expected[key]  # it is bound by now, to this tensor or to what holds it
                serial = self.serial_of(value) if isinstance(value, Tensor) else None
                if serial is None or self._named.get(key) == serial:
                    continue
                self._named[key] = serial
                found = assignment_of(frame.f_code, name, frame.f_lineno)
                if found is not None:  # else a parameter: it has its name where it comes from
                    self._name(serial, Name(name, _function(frame), found, depth))

    def finish(self) -> None:
        """Give the last values their names: no operation came after them."""
        for serial, name in self._expected.values():
            self._name(serial, name)

    def _name(self, serial: int, name: Name) -> None:
        names = self.recording.names.setdefault(serial, [])
        if all((each.name, each.function) != (name.name, name.function) for each in names):
            names.append(name)

    def _frames(self) -> list[FrameType]:
        """Frames of the user's functions, the innermost first."""
        frames: list[FrameType] = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and frame.f_code is not self._boundary:
            file = frame.f_code.co_filename
            if file not in self._user_files:
                self._user_files[file] = self._is_user_file(file)
            if self._user_files[file]:
                frames.append(frame)
            frame = frame.f_back
        return frames

    def _number(self, tensor: Tensor) -> int:
        self._next += 1
        self._serials[id(tensor)] = weakref.ref(tensor), self._next
        return self._next

    def _keep_old_value(self, changed: Tensor) -> None:
        """Copy what was recorded of a tensor before it is changed in place."""
        storage = changed.untyped_storage().data_ptr()
        with torch.no_grad(), torch._C.DisableTorchFunction():
            for serial, value in self.recording.values.items():
                if value.tensor.untyped_storage().data_ptr() == storage:
                    copy = value.tensor.detach().clone()
                    self.recording.values[serial] = replace(value, tensor=copy)


def in_folder(folder: Path) -> Callable[[str], bool]:
    """Whether a file lies in a folder and is no library's."""

    def is_user_file(file: str) -> bool:
        path = Path(file)
        return path.is_relative_to(folder) and not any(
            path.is_relative_to(library) and not folder.is_relative_to(library) for library in LIBRARIES
        )

    return is_user_file


def _function(frame: FrameType) -> str:
    return frame.f_code.co_qualname.rpartition("<locals>.")[2]


def _changes(operation: str) -> bool:
    if operation.endswith("__"):
        return operation == "__setitem__" or operation in IN_PLACE
    return operation.endswith("_") and operation != "requires_grad_"


def _changed_in_place(operation: str, args: Sequence[Any], kwargs: Any) -> Tensor | None:
    """The tensor that an operation changes; None where it makes a new one."""
    if _changes(operation) and args and isinstance(args[0], Tensor):
        return args[0]
    out = kwargs.get("out")
    return out if isinstance(out, Tensor) else None


def _tensors(value: Any) -> Iterator[Tensor]:
    """Tensors in arguments or results, in tuples, lists and dictionaries too."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[Any]", value):
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(cast("dict[Any, Any]", value).values()))
