"""Resolve and check a view before any work is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse.losses.sp import hugely_negative
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch_loss import LOSS, UNKNOWN, BatchLoss, TracedLoss
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.loss_evaluation import ComponentKey, LossEvaluation, gradient_infos, is_gradient
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.compute.slices.slice import Slice
from mouse_dashboard.figures.figure import mask_or
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import View, check_range


@dataclass(frozen=True)
class ResolvedView:
    """A term and the part of it in view."""

    loss: AnyLoss
    term: TermInfo
    rows: tuple[int, int]
    steps: tuple[int, int]
    component: int
    last_step: int = 0
    """How many transitions or steps a sequence has; 1 where they have no order in time."""
    slice: Slice | None = None
    """The slice that is looked at."""

    @property
    def needs_gradient(self) -> bool:
        """Whether the viewed term is a gradient."""
        return is_gradient(self.term.name)

    @property
    def components(self) -> frozenset[ComponentKey]:
        """The components of a wide term that the evaluation must store."""
        if len(self.term.dims) < 3 or self.needs_gradient:
            return frozenset()
        return frozenset((name, self.component) for name in (self.term.name, self.term.where) if name)

    @property
    def selection(self) -> Selection:
        """The transitions or steps in view and in the slice."""
        return self.slice.selection(self.rows, self.steps) if self.slice else Selection(self.rows, self.steps)

    @property
    def count(self) -> int:
        """Number of transitions or steps in range."""
        return (self.rows[1] - self.rows[0]) * (self.steps[1] - self.steps[0])

    def values(self, evaluated: LossEvaluation) -> Tensor | None:
        """Values ``[rows, steps]`` in view; None if the term is off."""
        values = evaluated.values(self.term, self.component)
        return None if values is None else values[_rows_in(self, evaluated), slice(*self.steps)]

    def placeholders(self, evaluated: LossEvaluation) -> Tensor | None:
        """Mask ``[rows, steps]`` of placeholders in view; None if there are none."""
        values = self.values(evaluated) if self.term.where else None
        if values is None:
            return None
        mask = next(term for term in self.loss.term_infos if term.name == self.term.where)
        meant = evaluated.values(mask, self.component)
        if meant is None:
            return None
        log_zero = values <= hugely_negative(values.dtype) if self.term.log_zero else None
        return mask_or(~meant[_rows_in(self, evaluated), slice(*self.steps)], log_zero)


def _rows_in(view: ResolvedView, evaluated: LossEvaluation) -> slice:
    """The sequences in view: a partial evaluation was made for the view, so it has only those."""
    return slice(*view.rows) if evaluated.rows is None else slice(None)


def resolve_view(view: View, context: EvaluationContext, slice_: Slice | None = None, prefix: str = "") -> ResolvedView:
    """Resolve a view; `prefix` is its path in the request.

    Raises:
        ApiError: 422 naming the field: no such loss, term or component, or a range that is empty or outside.
    """
    loss = context.loss(require_loss(context.configs, view.loss, f"{prefix}loss"))
    gradients = gradient_infos(loss) if is_gradient(view.term) else ()
    term = next((term for term in (*loss.term_infos, *gradients) if term.name == view.term), None)
    if term is None and (isinstance(loss, BatchLoss) or (isinstance(loss, TracedLoss) and view.term == LOSS)):
        term = replace(UNKNOWN, name=view.term)  # why there is none is said with the result
    if term is None:
        names = ", ".join(term.name for term in (*loss.term_infos, *gradient_infos(loss)))
        field = f"{prefix}term"
        message = f"{field}: found {view.term[:40]!r}, expected a term of {loss.name}: {names}; pick one of them."
        raise ApiError(422, "unknown_term", message, field)
    if len(term.dims) > 2:
        _check_component(view, loss, term, context, f"{prefix}component")
    rows, steps = context.batch.shape
    # Of one step there is no transition; that the loss says, not the range.
    last = {"transition": max(1, steps - 1), "step": steps, "item": steps, "sequence": 1}[term.unit]
    return ResolvedView(
        loss,
        term,
        check_range(view.rows, rows, f"{prefix}rows"),
        check_range(view.steps, last, f"{prefix}steps"),
        view.component,
        last,
        slice_,
    )


def require_loss(configs: Mapping[str, LossConfig], name: str, field: str) -> str:
    """Return the name of a loss that has a config; `field` is the path of the name in the request.

    Raises:
        ApiError: 422, it has none.
    """
    if name in configs:
        return name
    names = ", ".join(configs) or "none"
    message = f"{field}: found {name[:40]!r}, expected one of the configs: {names}; add its config."
    raise ApiError(422, "unknown_loss", message, field)


def _check_component(view: View, loss: AnyLoss, term: TermInfo, context: EvaluationContext, field: str) -> None:
    """Check the component against the head's axis, or for a user's function against the term's own third dimension."""
    if isinstance(loss, TracedLoss):
        _check_index(view, term, loss.components(term), field)
        return
    head = cast("Tensor | None", context.batch.out.get(loss.heads[0], None))
    if head is None:  # a loss without its head says so itself
        return
    axis = 2 + loss.head_dims.index(term.dims[2])
    _check_index(view, term, head.shape[axis] if axis < head.dim() else 0, field)


def _check_index(view: View, term: TermInfo, size: int, field: str) -> None:
    if view.component >= size > 0:
        message = (
            f"{field}: found {view.component}, expected 0 to {size - 1}, the {term.dims[2]}s of {term.name}; "
            "pick one of them."
        )
        raise ApiError(422, "bad_component", message, field)
