"""Gradients of stored batches: the library's own, kept for the next request."""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from mouse.losses.gradient import gradient_infos, length, pull_back, upstream
from mouse_dashboard.case import Case
from mouse_dashboard.evaluation import Evaluated
from mouse_dashboard.finite import counts_of
from mouse_dashboard.kept import Kept, Key
from mouse_dashboard.stage_one import row_blocks
from mouse_dashboard.work import Ticket


def with_gradient(evaluated: Evaluated, case: Case, kept: Kept, ticket: Ticket) -> Evaluated:
    """The evaluation with the gradient of its mean, ``[B, time, action]``: of a vector head, the length per action."""
    batch, loss, cfg = case
    key = Key(batch.id, loss.name, "gradient", (cfg,))
    gradient = cast("Tensor | None", kept.get(key))
    if gradient is None:
        weight = upstream(loss, evaluated.terms)
        pieces: list[Tensor] = []
        for rows in row_blocks(batch, loss):
            ticket.check()
            pieces.append(
                _per_action(pull_back(loss, *batch.part(rows), cfg, {"loss": weight[rows]}))[:, : weight.shape[1]]
            )
        gradient = pieces[0] if len(pieces) == 1 else torch.cat(pieces)
        kept.put(key, gradient, gradient.nbytes)
    each, _ = gradient_infos(loss)
    return replace(evaluated, gradient=gradient, health={**evaluated.health, each.name: counts_of(gradient)})


def gradient_norm(evaluated: Evaluated) -> float | None:
    """Length of the whole gradient, added up in float64; None where it was not computed."""
    if evaluated.gradient is None:
        return None
    return float(length(evaluated.gradient.double()))


def row_gradient(evaluated: Evaluated, case: Case, row: int, term: str = "loss") -> Tensor:
    """``[time, action, ...]`` of one sequence: what comes through a term that the loss adds up."""
    batch, loss, cfg = case
    rows = slice(row, row + 1)
    weight = upstream(loss, evaluated.terms)[rows]
    return pull_back(loss, *batch.part(rows), cfg, {term: weight})[0, : weight.shape[1]]


def _per_action(gradient: Tensor) -> Tensor:
    return gradient if gradient.dim() == 3 else length(gradient, -1)
