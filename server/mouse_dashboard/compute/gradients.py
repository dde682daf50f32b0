"""Gradients on stored batches, computed by the library and cached for the next request."""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from mouse.losses.gradient import gradient_infos, length, pull_back, upstream
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.batch_loss import TracedLoss
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.compute.non_finite import count_non_finite
from mouse_dashboard.compute.stage_one import row_blocks


def with_gradient(evaluated: LossEvaluation, job: LossJob, cache: ResultCache, token: CancelToken) -> LossEvaluation:
    """Add the gradient of the mean, ``[B, time, action]``, to an evaluation; for a vector head, its norm per action."""
    batch, loss, cfg = job
    if isinstance(loss, TracedLoss):
        return _with_gradients_of_call(evaluated, loss, job, cache, token)
    key = job.key("gradient", evaluated.reads or cfg)
    gradient = cast("Tensor | None", cache.get(key))
    if gradient is None:
        weight = upstream(loss, evaluated.terms)
        pieces: list[Tensor] = []
        for rows in row_blocks(batch, loss):
            token.check()
            part = pull_back(loss, *batch.part(rows), cfg, {"loss": weight[rows].to(batch.device)})
            pieces.append(_per_action(part)[:, : weight.shape[1]].cpu())
        gradient = pieces[0] if len(pieces) == 1 else torch.cat(pieces)
        cache.put(key, gradient, gradient.nbytes)
    each, _ = gradient_infos(loss)
    norm = float(length(gradient.double()))
    health = {**evaluated.health, each.name: count_non_finite(gradient)}
    return replace(evaluated, gradient=gradient, gradient_norm=norm, health=health)


def _with_gradients_of_call(
    evaluated: LossEvaluation, loss: TracedLoss, job: LossJob, cache: ResultCache, token: CancelToken
) -> LossEvaluation:
    declaration = loss.declaration
    key = CacheKey(job.batch.id, loss.name, "gradients", (declaration.generation,))
    found: tuple[dict[str, Tensor], float | None] | None = cache.get_recent(key, job.cfg)
    if found is None:
        found = declaration.gradients(job.batch, job.cfg, token)
        cache.put_recent(key, job.cfg, found, sum(values.nbytes for values in found[0].values()))
    gradients, norm = found
    health = {**evaluated.health, **{name: count_non_finite(values) for name, values in gradients.items()}}
    return replace(evaluated, gradients=gradients, gradient_norm=norm, health=health)


def row_gradient(evaluated: LossEvaluation, job: LossJob, row: int, term: str = "loss") -> Tensor:
    """``[time, action, ...]`` of one sequence: the part of the gradient through a term that the loss sums."""
    batch, loss, cfg = job
    rows = slice(row, row + 1)
    weight = upstream(loss, evaluated.terms)[rows].to(batch.device)
    return pull_back(loss, *batch.part(rows), cfg, {term: weight})[0, : weight.shape[1]].cpu()


def _per_action(gradient: Tensor) -> Tensor:
    return gradient if gradient.dim() == 3 else length(gradient, -1)
