"""Select the terms at some transitions of an evaluated batch."""

from typing import Any

from torch import Tensor

from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch_loss import TermValues, TracedLoss
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.compute.slices.selection import Selection


def select_terms(loss: AnyLoss, evaluated: LossEvaluation, selection: Selection) -> Any:
    """The terms at some transitions, as one row ``[1, n]``; wide terms have only their shape."""
    if isinstance(loss, TracedLoss):
        return TermValues({"loss": selection.take(evaluated.terms["loss"]).unsqueeze(0)})
    taken = {
        term.name: _taken(getattr(evaluated.terms, term.name), selection, wide=len(term.dims) > 2)
        for term in loss.term_infos
    }
    return loss.terms_type(**taken, batch_size=[1, selection.count])


def _taken(values: Tensor | None, selection: Selection, *, wide: bool) -> Tensor | None:
    if values is None:
        return None
    return values[0, 0].expand(1, selection.count, *values.shape[2:]) if wide else selection.take(values).unsqueeze(0)
