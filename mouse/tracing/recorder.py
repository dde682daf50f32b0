"""Record a running function: every tensor operation with its source position, and every variable name."""

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge
from torch.overrides import TorchFunctionMode

from mouse.torch_internals import caller_frame, is_functorch_tensor, storage_of
from mouse.tracing.operations import IN_PLACE, TO_NUMPY, VIEWS, changed_by, tensors_in
from mouse.tracing.recording import Name, Recording, Value
from mouse.tracing.reductions import Entries, entries_of
from mouse.tracing.scope import Place, Scope, scope_of
from mouse.tracing.source import Expression, Source

__all__ = ["IN_PLACE", "VIEWS", "InputChangedError", "Name", "Recorder", "Recording", "Value"]


class InputChangedError(BaseException):
    """The function is about to change a field of the batch. No `Exception`: the function must not catch it."""


class Recorder(TorchFunctionMode):
    """Records tensor operations of the user's code while it is entered."""

    def __init__(
        self,
        is_user_file: Callable[[str], bool],
        inputs: Iterable[tuple[str, Tensor, Tensor]],
        outer: FrameType,
        loss: CodeType | None = None,
        protects_inputs: bool = True,
    ) -> None:
        """Record what `loss` computes in frames above `outer`; `inputs` come by name, as seen and as shown."""
        super().__init__()
        self.recording = Recording()
        self._is_user_file = is_user_file
        self._user_files: dict[str, bool] = {}
        self._source = Source()
        self._outer = outer
        self._loss = loss
        self._scopes: dict[int, Scope] = {}
        self._serials: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._times = Counter[tuple[int, ...]]()
        self._storages: dict[int, list[int]] | None = None
        self._next = 0
        self._protected = set[int]()  # storages
        for name, seen, shown in inputs:
            self.recording.inputs[self._number(seen)] = name, shown
            if protects_inputs:
                self._protected.add(storage_of(seen))

    def serial_of(self, tensor: Tensor) -> int | None:
        """Number of a tensor that was seen."""
        known = self._serials.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        operation = str(getattr(func, "__name__", func))
        changed = changed_by(operation, args, kwargs)
        if changed or operation in TO_NUMPY:
            self._refuse_protected(changed or list(tensors_in(args[:1])))
        inputs = list(tensors_in((kwargs.get("input"), args, kwargs)))
        place = self._place() if changed else None
        earlier = self._supersede(changed, place) if place else ()
        result = func(*args, **kwargs)
        outputs = changed or [each for each in tensors_in(result) if all(each is not one for one in inputs)]
        if outputs and not any(map(is_functorch_tensor, outputs)):
            place = place or self._place()
            if place:
                self._record(operation, place, inputs, outputs, earlier)
                self._note_entries(entries_of(func, args, kwargs, result), result)
        return result

    def finish(self) -> None:
        """Give the last values their names: no operation came after them."""
        self._enter([])
        del self._outer

    def _place(self) -> Place | None:
        """Where in the user's code an operation stands; None where it stands outside."""
        frames: list[FrameType] = []
        site: list[int] = []
        frame: FrameType | None = caller_frame(1)
        while frame is not None and frame is not self._outer:
            file = frame.f_code.co_filename
            if file not in self._user_files:
                self._user_files[file] = self._is_user_file(file)
            if not frames:
                site.append(frame.f_lasti)
            if self._user_files[file]:
                frames.append(frame)
            frame = frame.f_back
        if not frames:
            return None
        scopes = self._enter(frames)
        return Place(scopes, self._source.expression_at(frames[0]), (*scopes[-1].callers, -1, *site))

    def _record(
        self, operation: str, place: Place, inputs: list[Tensor], outputs: list[Tensor], earlier: tuple[int, ...]
    ) -> None:
        self._times[place.instruction] += 1
        serials = [self.serial_of(each) or self._number(each) for each in inputs]
        for output in outputs:
            value = Value(
                self._number(output),
                operation,
                place.expression,
                place.scope.function,
                place.scope.frame.f_code.co_filename,
                tuple(dict.fromkeys((*earlier, *serials))),
                tuple(each.shape for each in inputs),
                output,
                output.requires_grad,
                place.scope.depth,
                place.scope.line,
                place.scope.callers,
                self._times[place.instruction],
            )
            self._add(value)
            if len(outputs) == 1:
                self._expect_name(value, place)

    def _add(self, value: Value) -> None:
        self.recording.values[value.serial] = value
        if self._storages is not None:
            self._storages.setdefault(storage_of(value.tensor), []).append(value.serial)

    def _note_entries(self, entries: Entries | None, result: Any) -> None:
        """Remember what a value is the mean or the sum of."""
        if entries is not None:
            serial = self._serials[id(result)][1]
            self.recording.values[serial] = replace(self.recording.values[serial], entries=entries)

    def _expect_name(self, value: Value, place: Place) -> None:
        """Remember the name that a value gets by where it stands: the last one of an expression is what it results in.

        What a function returns gets the name that its caller gives it; what is changed in place has one already.
        """
        expression = value.expression
        variable = place.scope.variable_of(value.tensor)
        if expression.name is None and variable is not None:
            expression = replace(expression, name=variable, assigned=True)
        for scope in reversed(place.scopes):
            if scope is not place.scope:
                expression = self._source.expression_at(scope.frame)
            if expression.name is not None:
                scope.expected[expression.name] = value.serial, scope.name(expression.name, expression)
            if not expression.returned:
                return

    def _enter(self, frames: list[FrameType]) -> list[Scope]:
        """The scopes of the running functions, the loss first, with all names that were given until now."""
        running = {id(frame) for frame in frames}
        for key in [key for key in self._scopes if key not in running]:
            scope = self._scopes.pop(key)
            self._note_names(scope)
            for serial, name in scope.expected.values():
                self.recording.add_name(serial, name)
        scopes: list[Scope] = []
        for frame in reversed(frames):
            scope = self._scopes.get(id(frame))
            if scope is None:
                scope = self._scopes[id(frame)] = scope_of(frame, scopes[-1] if scopes else None, self._loss)
            self._note_names(scope)
            scopes.append(scope)
        return scopes

    def _note_names(self, scope: Scope) -> None:
        """Note the variables of a function that hold other tensors than before."""
        bound = scope.look()
        for variable, (serial, name) in list(scope.expected.items()):
            value = scope.variables.get(variable)
            if not name.expression.assigned:
                continue
            if isinstance(value, Tensor) and self.serial_of(value) == serial:
                self.recording.add_name(serial, name)
                bound.pop(variable, None)
                del scope.expected[variable]
            elif variable in bound:  # to something that the value is only a part of
                del scope.expected[variable]
        for variable, tensor in bound.items():
            if isinstance(tensor, Tensor) and not is_functorch_tensor(tensor):
                self._note_name(variable, tensor, scope)

    def _note_name(self, variable: str, tensor: Tensor, scope: Scope) -> None:
        serial = self.serial_of(tensor)
        value = None if serial is None else self.recording.values.get(serial)
        made = 0 if value is None else scope.line_of(value)
        found = self._source.assignment_of(scope.frame, variable, made, scope.since)
        if found is None:  # a parameter: it has its name where it comes from
            return
        if serial is None:
            serial = self._add_unseen(tensor, found, scope)
        self.recording.add_name(serial, scope.name(variable, found))

    def _add_unseen(self, tensor: Tensor, expression: Expression, scope: Scope) -> int:
        """Record a tensor that appeared without an operation that torch reports."""
        value = Value(
            self._number(tensor), "", expression, scope.function, scope.frame.f_code.co_filename,
            (), (), tensor, tensor.requires_grad, scope.depth, scope.line, scope.callers,
        )  # fmt: skip
        self._add(value)
        return value.serial

    def _refuse_protected(self, tensors: Iterable[Tensor]) -> None:
        if self._protected and any(storage_of(each) in self._protected for each in tensors):
            raise InputChangedError

    def _supersede(self, changed: list[Tensor], place: Place) -> tuple[int, ...]:
        """Copy what was recorded of tensors before they are changed in place.

        What the same statement of a loop made of them before gives way to what it makes now: the inputs of that are
        returned.
        """
        if self._storages is None:
            self._storages = {}
            for value in self.recording.values.values():
                self._storages.setdefault(storage_of(value.tensor), []).append(value.serial)
        inputs: tuple[int, ...] = ()
        for tensor in changed:
            for serial in self._storages.pop(storage_of(tensor), ()):
                value = self.recording.values[serial]
                if value.tensor is tensor and place.made(value):
                    inputs += value.inputs
                    del self.recording.values[serial]
                    self.recording.names.pop(serial, None)
                else:
                    edge = get_gradient_edge(value.tensor) if value.tensor.requires_grad else value.edge
                    with torch.no_grad():
                        copy = value.tensor.detach().clone()
                    self.recording.values[serial] = replace(value, tensor=copy, edge=edge)
        return inputs

    def _number(self, tensor: Tensor) -> int:
        self._next += 1
        self._serials[id(tensor)] = weakref.ref(tensor), self._next
        return self._next
