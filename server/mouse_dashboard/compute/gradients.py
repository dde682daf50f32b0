"""Gradients of stored batches: the library's own, cached for the next request."""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from mouse.losses.gradient import gradient_infos, length, pull_back, upstream
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluated
from mouse_dashboard.compute.finite import counts_of
from mouse_dashboard.compute.stage_one import row_blocks


def with_gradient(evaluated: Evaluated, job: LossJob, cache: ResultCache, token: CancelToken) -> Evaluated:
    """The evaluation with the gradient of its mean, ``[B, time, action]``: of a vector head, the length per action."""
    batch, loss, cfg = job
    key = CacheKey(batch.id, loss.name, "gradient", (cfg,))
    gradient = cast("Tensor | None", cache.get(key))
    if gradient is None:
        weight = upstream(loss, evaluated.terms)
        pieces: list[Tensor] = []
        for rows in row_blocks(batch, loss):
            token.check()
            pieces.append(
                _per_action(pull_back(loss, *batch.part(rows), cfg, {"loss": weight[rows]}))[:, : weight.shape[1]]
            )
        gradient = pieces[0] if len(pieces) == 1 else torch.cat(pieces)
        cache.put(key, gradient, gradient.nbytes)
    each, _ = gradient_infos(loss)
    return replace(evaluated, gradient=gradient, health={**evaluated.health, each.name: counts_of(gradient)})


def gradient_norm(gradient: Tensor) -> float:
    """Length of the whole gradient, added up in float64."""
    return float(length(gradient.double()))


def row_gradient(evaluated: Evaluated, job: LossJob, row: int, term: str = "loss") -> Tensor:
    """``[time, action, ...]`` of one sequence: what comes through a term that the loss adds up."""
    batch, loss, cfg = job
    rows = slice(row, row + 1)
    weight = upstream(loss, evaluated.terms)[rows]
    return pull_back(loss, *batch.part(rows), cfg, {term: weight})[0, : weight.shape[1]]


def _per_action(gradient: Tensor) -> Tensor:
    return gradient if gradient.dim() == 3 else length(gradient, -1)
