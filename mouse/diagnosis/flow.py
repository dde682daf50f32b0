"""The data-flow graph of a traced call, with the user's names for its values."""

import re
from functools import cached_property
from pathlib import Path

from torch import Tensor

from mouse.diagnosis.expression_names import name_of_expression, name_of_result
from mouse.tracing.gradient import pull_back
from mouse.tracing.recorder import VIEWS, Value
from mouse.tracing.trace import Trace
from mouse.wording import cut

LONGEST = 60
"""Characters of an expression that a message shows."""


class Flow:
    """The values on the way to the loss as a graph, by their serials."""

    def __init__(self, trace: Trace) -> None:
        self.recording = trace.recording
        self.on_the_way = frozenset() if trace.serial is None else frozenset(trace.recording.ancestors(trace.serial))
        self.heads = {
            serial: name
            for serial, (name, tensor) in trace.recording.inputs.items()
            if name in trace.heads and tensor.requires_grad
        }
        """Fields that a gradient can reach: the model's outputs; all where the function reads none of these."""

    @cached_property
    def values(self) -> list[Value]:
        """Values on the way to the loss, in order of computation."""
        return [value for serial, value in sorted(self.recording.values.items()) if serial in self.on_the_way]

    @cached_property
    def consumers(self) -> dict[int, list[Value]]:
        """Values on the way to the loss that are made of a value."""
        found: dict[int, list[Value]] = {}
        for value in self.values:
            for serial in value.inputs:
                found.setdefault(serial, []).append(value)
        return found

    def tensor(self, serial: int) -> Tensor | None:
        """A value or a field of the batch; None of a constant, which is not recorded."""
        return self.recording.tensor(serial)

    def may_vary(self, serial: int) -> bool:
        """Whether a gradient can be taken at a value or a field; perhaps at what is neither, such as a parameter."""
        known = serial in self.recording.values or serial in self.recording.inputs
        return not known or self.recording.differentiable(serial) is not None

    def fields_of(self, serial: int) -> set[str]:
        """Fields of the batch and the output whose numbers a value is made of; not those that lend their shape only."""
        found: set[str] = set()
        open_, seen = [serial], set[int]()
        while open_:
            current = open_.pop()
            if current in seen:
                continue
            seen.add(current)
            value = self.recording.values.get(current)
            if value is None:
                found |= {self.recording.inputs[current][0]} if current in self.recording.inputs else set()
            elif not value.operation.endswith("_like"):
                open_ += value.inputs
        return found

    def through(self, value: Value, serial: int, gradient: Tensor) -> Tensor | None:
        """Part of the gradient at what a value is made of that comes through this value; None where none does."""
        output, target = value.differentiable, self.recording.differentiable(serial)
        return None if output is None or target is None else pull_back(output, [target], gradient)[0]

    def source_of_view(self, serial: int) -> int:
        """The value that a view shows; the value itself where it is none."""
        value = self.recording.values.get(serial)
        while value is not None and value.operation in VIEWS and value.inputs:
            serial = value.inputs[0]
            value = self.recording.values.get(serial)
        return serial

    def label(self, serial: int) -> str:
        """What the user calls a value: its name, else its expression."""
        if serial in self.recording.inputs:
            return self.recording.inputs[serial][0]
        names = self.recording.names.get(serial)
        if names:
            return min(names, key=lambda name: name.depth).name
        return expression(self.recording.values[serial]) if serial in self.recording.values else "a constant"

    def titles(self, serial: int) -> set[str]:
        """Names that the source has for a value: of its variables, and of the call or the field that it comes from."""
        if serial in self.recording.inputs:
            return {self.recording.inputs[serial][0]}
        found = {name.name for name in self.recording.names.get(serial, ())}
        value = self.recording.values.get(serial)
        if value is not None and self._is_result(value):
            name = name_of_expression(value.expression.text)
            found |= set() if name is None else {name}
            if value.depth and value.expression.returned:
                found.add(name_of_result(value.function.rpartition(".")[2]))
        return found

    def is_called(self, serial: int, name: re.Pattern[str]) -> bool:
        """Whether the source calls a value so."""
        return any(map(name.search, self.titles(serial)))

    def _is_result(self, value: Value) -> bool:
        """Whether it is what its expression results in, and no step on the way there, as a library's function makes."""
        users = self.consumers.get(value.serial, ())
        return all((user.expression, user.callers) != (value.expression, value.callers) for user in users)


def expression(value: Value) -> str:
    """The source of an operation, on one line."""
    return cut(" ".join(value.expression.text.split()), LONGEST)


def line(value: Value) -> str:
    """Where an operation stands."""
    return f"line {value.expression.line} of {Path(value.file).name}"
