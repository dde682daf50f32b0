"""The result of one loss on one batch under one config."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from mouse.losses.gradient import gradient_infos as head_gradient_infos
from mouse.losses.gradient import length
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss, term_value
from mouse_dashboard.compute.configs import Reads
from mouse_dashboard.compute.functions.messages import GRADIENT as GRADIENT_AT
from mouse_dashboard.compute.non_finite import NonFiniteCounts

GRADIENT = ("gradient", "gradient_norm")
"""Names under which the gradient of a declared loss is shown."""
ComponentKey = tuple[str, int]
"""A term with a third dimension, and an index in it."""


@dataclass(frozen=True)
class LossEvaluation:
    """One loss on one batch under one config."""

    terms: Any
    """The library's terms; of those with a third dimension only the shape."""
    components: Mapping[ComponentKey, Tensor]
    """Components of terms with a third dimension that were asked for, ``[B, time]``."""
    mean: Tensor
    """The scalar that training minimises."""
    metrics: dict[str, float]
    """Metrics that training logs."""
    health: Mapping[str, NonFiniteCounts]
    """Non-finite counts of every computed floating-point term."""
    blocks: int
    """In how many blocks of sequences the terms were computed."""
    seconds: float = 0.0
    """Processor seconds of stage 2 and what follows it."""
    reads: Reads = frozenset()
    """Fields of the config that it depends on, with their values; empty where that was not noted."""
    rows: slice | None = None
    """The sequences that it is of alone; None: all."""
    gradient: Tensor | None = None
    """``[B, time, action]``: of the mean with respect to the head, where it was asked for."""
    gradients: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])
    """Of a user's function at each term and output, by the name that it is shown under, where they were asked for."""
    gradient_norm: float | None = None
    """Length of the gradient, where it was asked for."""

    @property
    def stride(self) -> int:
        """Every `stride`-th sequence was evaluated."""
        return 1 if self.rows is None else self.rows.step

    def values(self, term: TermInfo, component: int) -> Tensor | None:
        """``[B, time]`` values of a term; None when it is off under this config."""
        if term.name.startswith(GRADIENT_AT):
            values = self.gradients.get(term.name)
            return values[..., component] if values is not None and values.dim() > 2 else values
        if term.name in GRADIENT:
            assert self.gradient is not None, "whoever shows a gradient asks for it"  # noqa: S101
            return self.gradient[..., component] if len(term.dims) > 2 else length(self.gradient, -1)
        if len(term.dims) > 2:
            return self.components.get((term.name, component))
        return term_value(self.terms, term.name)


def is_gradient(name: str) -> bool:
    """Whether a term is a gradient."""
    return name in GRADIENT or name.startswith(GRADIENT_AT)


def gradient_infos(loss: AnyLoss) -> tuple[TermInfo, ...]:
    """Gradients that a loss can be shown with."""
    if isinstance(loss, TracedLoss):
        return loss.gradient_infos
    return () if isinstance(loss, BatchLoss) else head_gradient_infos(loss)
