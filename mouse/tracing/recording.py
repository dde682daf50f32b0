"""The recording of a call: its values, their dependencies, and their names."""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from mouse.tracing.reductions import Entries
from mouse.tracing.source import Expression


@dataclass(frozen=True)
class Value:
    """A tensor that an operation made."""

    serial: int
    """Counts values in order of computation."""
    operation: str
    """Name of the operation; empty where the tensor appeared without one that torch reports, as in compiled code."""
    expression: Expression
    function: str
    """Name of the user's function that it stands in."""
    file: str
    inputs: tuple[int, ...]
    """Serials of the values that it is made of, the operation's `input` first."""
    input_shapes: tuple[torch.Size, ...]
    tensor: Tensor
    requires_grad: bool
    depth: int = 0
    """How deep in calls of the user's functions; 0 is the loss itself."""
    line: int = 0
    """Line of the loss itself that led here."""
    callers: tuple[int, ...] = ()
    """Instructions from which the function was called: equal where the same call runs again."""
    times: int = 1
    """How many times its operation had run when it was made, as in a loop."""
    entries: Entries | None = None
    """What it is the mean or the sum of, where one of torch's own losses took that."""
    edge: GradientEdge | None = None
    """Where its gradient passes, of a value whose tensor was changed later and is a copy here."""

    @property
    def differentiable(self) -> Tensor | GradientEdge | None:
        """What a gradient can be taken at; None where none can."""
        return self.edge or (self.tensor if self.tensor.requires_grad else None)


@dataclass(frozen=True)
class Name:
    """A name that a value got."""

    name: str
    function: str
    expression: Expression
    depth: int
    """How deep in calls of the user's functions; 0 is the loss itself."""
    line: int = 0
    """Line of the loss itself that led here."""
    callers: tuple[int, ...] = ()
    """Instructions from which the function was called: equal where the same call runs again."""


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

    def tensor(self, serial: int) -> Tensor | None:
        """A value, or what was handed in; None of a constant, which is not recorded."""
        value = self.values.get(serial)
        return self.inputs.get(serial, (None, None))[1] if value is None else value.tensor

    def entries(self, serial: int) -> Entries | None:
        """What a value is the mean or the sum of, where one of torch's own losses took that."""
        value = self.values.get(serial)
        return None if value is None else value.entries

    def differentiable(self, serial: int) -> Tensor | GradientEdge | None:
        """What a gradient can be taken at, of a value or of what was handed in; None of a constant."""
        if serial in self.values:
            return self.values[serial].differentiable
        tensor = self.tensor(serial)
        return tensor if tensor is not None and tensor.requires_grad else None

    def add_name(self, serial: int, name: Name) -> None:
        """Note that a value got a name."""
        names = self.names.setdefault(serial, [])
        if all((each.name, each.function) != (name.name, name.function) for each in names):
            names.append(name)
