"""One transition with every term: exactly the terms that the evaluation reduces."""

import torch
from torch import Tensor

from server.evaluation import Batch, Evaluator
from server.models import TermValue, Transition, TransitionRequest, chosen
from server.numbers import plain
from server.viewed import find
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
    (row, last_row), (step, last_step) = viewed.rows, viewed.steps
    count = (last_row - row) * (last_step - step)
    if count > 1:
        values = viewed.values(evaluator.evaluate(batch, loss, cfg, viewed.wide, ticket))
        if values is not None:
            below, beyond = farthest_from_zero(values)
            row, step = row + below, step + beyond
    here = evaluator.all_terms(batch, loss, cfg, (row, step), ticket)
    return Transition(
        batch_id=batch.id,
        loss=loss.name,
        row=row,
        step=step,
        chosen_from=count,
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


def farthest_from_zero(values: Tensor) -> tuple[int, int]:
    """Index of the value to look at first: NaN, then the largest magnitude; the first one on ties."""
    size = values.to(torch.float64).abs().nan_to_num(nan=torch.inf, posinf=torch.finfo(torch.float64).max)
    row, step = divmod(int(size.argmax()), values.shape[1])
    return row, step
