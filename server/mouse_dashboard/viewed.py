"""What a view names, found and checked before any work is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.gradient import gradient_infos
from mouse.losses.loss import AnyLoss
from mouse.losses.sp import hugely_negative
from mouse.losses.term import TermInfo
from mouse_dashboard.case import Batch
from mouse_dashboard.errors import ApiError
from mouse_dashboard.evaluation import GRADIENT, Evaluated, Wide
from mouse_dashboard.figures.figure import either
from mouse_dashboard.ranges import check_range
from mouse_dashboard.requests import Configs, View, chosen
from mouse_dashboard.slices.places import Places
from mouse_dashboard.slices.slice import Slice

HEAD_AXIS = {"action": 2, "dim": 3}
"""Which axis of a loss's head the third dimension of a term counts."""


@dataclass(frozen=True)
class Viewed:
    """A term and the part of it in view."""

    loss: AnyLoss
    term: TermInfo
    rows: tuple[int, int]
    steps: tuple[int, int]
    component: int
    chosen: Slice | None = None
    """The slice that is looked at."""

    @property
    def needs_gradient(self) -> bool:
        """Whether it is of the gradient."""
        return self.term.name in GRADIENT

    @property
    def wide(self) -> set[Wide]:
        """What must be kept of the evaluation for a term with a third dimension."""
        if len(self.term.dims) < 3 or self.needs_gradient:
            return set()
        return {(name, self.component) for name in (self.term.name, self.term.where) if name}

    @property
    def places(self) -> Places:
        """Where the transitions or steps in view are, those outside of the slice left out."""
        return self.chosen.places(self.rows, self.steps) if self.chosen else Places(self.rows, self.steps)

    @property
    def count(self) -> int:
        """How many transitions or steps are in range."""
        return (self.rows[1] - self.rows[0]) * (self.steps[1] - self.steps[0])

    def whole(self, evaluated: Evaluated) -> Tensor | None:
        """The term over the whole batch; None when it is off."""
        return evaluated.values(self.term, self.component)

    def placeholders(self, evaluated: Evaluated) -> Tensor | None:
        """``[rows, steps]`` in view: where the value is no number to look at; None where every value is."""
        if not self.term.where or self.whole(evaluated) is None:
            return None
        mask = next(term for term in self.loss.term_infos if term.name == self.term.where)
        meant = evaluated.values(mask, self.component)
        if meant is None:
            return None
        placeholder = ~meant[slice(*self.rows), slice(*self.steps)]
        return either(placeholder, self._log_zeros(evaluated))

    def _log_zeros(self, evaluated: Evaluated) -> Tensor | None:
        values = self.values(evaluated)
        return values <= hugely_negative(values.dtype) if self.term.log_zero and values is not None else None

    def values(self, evaluated: Evaluated) -> Tensor | None:
        """``[rows, steps]`` in view; None when the term is off."""
        values = self.whole(evaluated)
        return None if values is None else values[slice(*self.rows), slice(*self.steps)]


def given(configs: Configs) -> dict[str, LossConfig]:
    """The losses that were asked for.

    Raises:
        ApiError: 422, none was.
    """
    losses = chosen(configs)
    if not losses:
        raise ApiError(422, "no_loss", f"configs: found none, expected at least one of {', '.join(LOSSES)}.", "configs")
    return losses


def find(
    view: View, batch: Batch, configs: Mapping[str, LossConfig], chosen: Slice | None = None, prefix: str = ""
) -> Viewed:
    """Find what a view names; `prefix` is where the view stands in the request.

    Raises:
        ApiError: 422 naming the field: no such loss, term or component, or a range that is empty or outside.
    """
    loss = loss_among(configs, view.loss, f"{prefix}loss")
    term = _term(view, loss, f"{prefix}term")
    _check_component(view, loss, term, batch, f"{prefix}component")
    rows, steps = batch.shape
    # Of one step there is no transition; that the loss says, not the range.
    last = max(1, steps - 1) if term.unit == "transition" else steps
    return Viewed(
        loss,
        term,
        check_range(view.rows, rows, f"{prefix}rows"),
        check_range(view.steps, last, f"{prefix}steps"),
        view.component,
        chosen,
    )


def loss_among(configs: Mapping[str, LossConfig], name: str, field: str) -> AnyLoss:
    """The loss of a name; `field` is where the name stands in the request.

    Raises:
        ApiError: 422, it has no config.
    """
    if name in configs:
        return LOSSES[name]
    names = ", ".join(configs) or "none"
    message = f"{field}: found {name[:40]!r}, expected one of the configs given: {names}; add its config."
    raise ApiError(422, "unknown_loss", message, field)


def _term(view: View, loss: AnyLoss, field: str) -> TermInfo:
    terms = (*loss.term_infos, *gradient_infos(loss))
    for term in terms:
        if term.name == view.term:
            return term
    names = ", ".join(term.name for term in terms)
    message = f"{field}: found {view.term[:40]!r}, expected a term of {loss.name}: {names}; pick one of them."
    raise ApiError(422, "unknown_term", message, field)


def _check_component(view: View, loss: AnyLoss, term: TermInfo, batch: Batch, field: str) -> None:
    head = cast("Tensor | None", batch.out.get(loss.heads[0], None))
    if len(term.dims) < 3 or head is None:  # a loss without its head says so itself
        return
    axis = HEAD_AXIS[term.dims[2]]
    size = head.shape[axis] if axis < head.dim() else 0
    if view.component >= size > 0:
        message = (
            f"{field}: found {view.component}, expected 0 to {size - 1}, the {term.dims[2]}s of {term.name}; "
            "pick one of them."
        )
        raise ApiError(422, "bad_component", message, field)
