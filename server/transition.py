"""One transition with every term: exactly the terms that the evaluation reduces."""

from collections.abc import Callable

import torch
from torch import Tensor

from server.evaluation import Batch, Evaluated, Evaluator
from server.models import TermValue, Transition, TransitionRequest, chosen
from server.numbers import plain
from server.viewed import Viewed, find
from server.work import Ticket


def transition_request(batch: Batch, request: TransitionRequest, evaluator: Evaluator, ticket: Ticket) -> Transition:
    """Every term at one transition; out of a range, at the one where the viewed term is farthest from zero.

    Raises:
        ApiError: the view names a term or range that does not exist.
        BatchError, MissingFieldError: the loss cannot run on the batch.
    """
    configs = chosen(request.configs)
    viewed = find(request, batch, configs)
    loss, cfg = viewed.loss, configs[request.loss]
    row, step = chosen_place(viewed, lambda: evaluator.evaluate(batch, loss, cfg, viewed.wide, ticket))
    here = evaluator.all_terms(batch, loss, cfg, (row, step), ticket)
    return Transition(
        batch_id=batch.id,
        loss=loss.name,
        row=row,
        step=step,
        chosen_from=viewed.count,
        terms=[
            TermValue(
                name=term.name,
                formula=term.formula,
                doc=term.doc,
                dims=list(term.dims),
                value=plain(getattr(here, term.name)),
            )
            for term in loss.term_infos
        ],
    )


def chosen_place(viewed: Viewed, evaluated: Callable[[], Evaluated]) -> tuple[int, int]:
    """Row and step of the one transition in view, or of that where the viewed term is farthest from zero."""
    row, step = viewed.rows[0], viewed.steps[0]
    values = viewed.values(evaluated()) if viewed.count > 1 else None
    if values is None:
        return row, step
    below, beyond = farthest_from_zero(values)
    return row + below, step + beyond


def farthest_from_zero(values: Tensor) -> tuple[int, int]:
    """Index of the value to look at first: NaN, then the largest magnitude; the first one on ties."""
    size = values.to(torch.float64).abs().nan_to_num(nan=torch.inf, posinf=torch.finfo(torch.float64).max)
    row, step = divmod(int(size.argmax()), values.shape[1])
    return row, step
