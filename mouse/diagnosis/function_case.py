"""The user's loss function under examination: values and gradients of one call, each computed once."""

from collections.abc import Sequence
from functools import cached_property
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.flow import Flow
from mouse.diagnosis.need import Need
from mouse.diagnosis.outputs import Outputs, outputs_of
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.diagnosis.shares import share_at, step_norm
from mouse.diagnosis.thresholds import Thresholds
from mouse.losses.fields import names
from mouse.tracing import Explained
from mouse.tracing.gradient import leaves, pull_back
from mouse.tracing.parameters import mentioned_parameters
from mouse.tracing.places import Places
from mouse.tracing.recorder import VIEWS, Value
from mouse.tracing.terms import TracedTerms
from mouse.tracing.trace import Trace


class FunctionCase:
    """The input of the function rules. Reading something that is missing raises `RuleSkipped`."""

    def __init__(
        self,
        name: str,
        call: Explained | str,
        thresholds: Thresholds,
        others: Sequence[Explained] = (),
    ) -> None:
        self.name = name
        self.thresholds = thresholds
        self._others = others
        self.error = call if isinstance(call, str) else None
        self._call = call

    @property
    def explained(self) -> Explained:
        """The call."""
        if isinstance(self._call, str):
            raise RuleSkipped(f"a call of {self.name} that returns a loss")
        return self._call

    @property
    def trace(self) -> Trace:
        """What the call computed."""
        return self.explained.trace

    @property
    def out(self) -> TensorDictBase:
        """The model's output."""
        return cast("TensorDictBase", self.explained.out)  # tensordict has a base without types

    @property
    def traced(self) -> TracedTerms:
        """The terms."""
        return self.explained.traced

    @property
    def places(self) -> Places:
        """The shape of the batch."""
        return self.trace.places

    @property
    def shape(self) -> tuple[int, int] | None:
        """B sequences of S steps; N items are N sequences of one step."""
        return None if self.error is not None else (self.places.rows, self.places.steps)

    @cached_property
    def flow(self) -> Flow:
        """The values on the way to the loss."""
        return Flow(self.trace)

    @cached_property
    def reads(self) -> frozenset[str]:
        """Fields that the function takes by name and mentions, or that one of its operations uses."""
        mentioned = mentioned_parameters(self.explained.signature)
        inputs = self.flow.recording.inputs.items()
        return frozenset(name for serial, (name, _) in inputs if name in mentioned or self.is_used(serial))

    @cached_property
    def read_elsewhere(self) -> frozenset[str]:
        """Fields that other losses of the same training read."""
        others = [FunctionCase("", other, self.thresholds) for other in self._others]
        return frozenset(name for other in others for name in other.reads)

    def is_used(self, serial: int) -> bool:
        """Whether an operation uses a field for more than a view that nothing uses, as slicing a TensorDict makes."""
        open_, seen = [serial], set[int]()
        while open_:
            current = open_.pop()
            seen.add(current)
            for value in self.flow.recording.values.values():
                if current in value.inputs:
                    if value.operation not in VIEWS or value.inputs[0] != current:
                        return True
                    open_ += [value.serial] if value.serial not in seen else []
        return False

    def needs_heads(self) -> None:
        """Ask for an output that a gradient can reach."""
        if not self.flow.heads:
            raise RuleSkipped("an output of the model, as `out` or as a field that requires gradient")

    def needs_finite_loss(self) -> None:
        """Ask for a loss whose gradients are numbers."""
        self.needs_heads()
        if not bool(self.trace.loss.isfinite()):
            raise RuleSkipped(f"a finite {self.name}, found {float(self.trace.loss.detach())}")

    @cached_property
    def outputs(self) -> Outputs:
        """Fields that the loss may train."""
        stream = cast("TensorDictBase", self.explained.step_stream)
        return outputs_of(
            self.flow, names(self.out) | {each for each in names(stream) if cast("Tensor", stream[each]).requires_grad}
        )

    def has_gradient(self, value: Value) -> bool:
        """Whether a gradient leads from a value to an output, or to a parameter, and not to data alone."""
        return not self.is_data(value.serial)

    def is_data(self, serial: int) -> bool:
        """Whether no gradient leads from a value or a field to what is trained."""
        if serial in self.outputs.only_data:
            return True
        value = self.flow.recording.values.get(serial)
        return not (self.flow.may_vary(serial) if value is None else value.requires_grad)

    @cached_property
    def trains_parameters(self) -> bool:
        """Whether a gradient leads to what is no field, such as a parameter of a network that the function calls."""
        made = {id(value.tensor) for value in self.flow.recording.values.values()}
        made |= {id(head) for head in self.trace.heads.values()}
        return any(id(leaf) not in made for leaf in leaves(self.trace.loss))

    @cached_property
    def head_gradients(self) -> dict[str, Tensor | None]:
        """Gradient of the loss at each output; None where no path leads there."""
        names = list(self.flow.heads.values())
        found = self.explained.gradients([self.trace.heads[name] for name in names])
        return dict(zip(names, found, strict=True))

    @cached_property
    def trained_elsewhere(self) -> set[str]:
        """Outputs that other losses of the same training send a gradient to."""
        return {
            name
            for other in self._others
            for name, gradient in zip(other.trace.heads, other.gradients(list(other.trace.heads.values())), strict=True)
            if gradient is not None
        }

    def gradients_of(self, values: list[Value]) -> dict[int, Tensor]:
        """Gradient of the loss at each value that it reaches, by serial."""
        wanted = {value.serial: at for value in values if (at := value.differentiable) is not None}
        made = pull_back(self.trace.loss, list(wanted.values())) if wanted and self.trace.loss.requires_grad else ()
        return {serial: gradient for serial, gradient in zip(wanted, made, strict=False) if gradient is not None}

    def mask(self, chosen: Tensor) -> Tensor | None:
        """Places of a value as a mask, ``[B, time]``; None where the value belongs to no place of the batch."""
        dims = self.places.dims(chosen.shape)
        if dims is None or dims[1] == "sequence":
            return None
        grid = self.places.grid(chosen)
        return grid.any(dim=2) if grid.dim() > 2 else grid

    def share_of_loss(self, _name: str, mask: Tensor) -> float | None:
        """Share of the loss that comes from these places; of a loss of both signs, of its absolute values."""
        values = self.traced.contributions.values
        return None if values is None else share_at(values.abs(), _fitted(mask, values.shape[1]))

    def share_of_gradient(self, _name: str, mask: Tensor) -> float | None:
        """Share of the summed length of the gradient of all outputs per step that comes from these places."""
        found = [g for g in self.head_gradients.values() if g is not None] if self.flow.heads else []
        if not found:
            return None
        grids = [self.places.grid(gradient) for gradient in found]
        norms = step_norm(torch.cat([grid.reshape(*grid.shape[:2], -1) for grid in grids], dim=2))
        return share_at(norms, _fitted(mask, norms.shape[1]))


def _fitted(mask: Tensor, width: int) -> Tensor:
    """Transitions as steps or steps as transitions: the transition out of a step stands at it."""
    return torch.nn.functional.pad(mask, (0, width - mask.shape[1]))  # a negative number cuts


CALL = Need("a function that returns a loss", lambda case: case.explained)
HEADS = Need("an output of the model", lambda case: case.needs_heads())
FINITE = Need("a finite loss of an output of the model", lambda case: case.needs_finite_loss())
