"""Stage 2 of a loss on a batch, block by block: the library's own terms, joined and reduced by its own functions.

Block boundaries change the memory alignment, and vector instructions may round the last bit differently there: an
evaluation in blocks reports that.
"""

import time
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.loss import AnyLoss
from mouse.losses.value_checks import sync_metrics
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.joining import join
from mouse_dashboard.compute.loss_evaluation import ComponentKey, LossEvaluation
from mouse_dashboard.compute.non_finite import NonFiniteCounts, count_non_finite
from mouse_dashboard.compute.stage_one import StageOne, tensor_key


def evaluate_stage_two(
    job: LossJob, first: StageOne, components: frozenset[ComponentKey], token: CancelToken
) -> LossEvaluation:
    """Run stage 2 block by block: narrow terms as a whole, wide terms only for the requested components."""
    batch, loss, cfg = job
    start = time.thread_time()
    health: dict[str, NonFiniteCounts] = {}
    narrow: dict[str, list[Tensor]] = {}
    wide: dict[ComponentKey, list[Tensor]] = {}
    for inputs in first.blocks:
        token.check()
        terms = loss.terms(inputs, cfg)
        for term in loss.term_infos:
            values: Tensor | None = getattr(terms, term.name)
            if values is None:  # off under this config
                continue
            _count_non_finite(term.name, values, first, health)
            if len(term.dims) == 2:
                narrow.setdefault(term.name, []).append(values)
            for key in components:
                if key[0] == term.name:
                    wide.setdefault(key, []).append(values[..., key[1]].clone())
    whole = _join_terms(loss, terms, narrow)  # pyright: ignore[reportPossiblyUnboundVariable]  a batch has sequences
    mean = loss.mean(whole)
    metrics = sync_metrics(loss.metrics(whole, mean, cast("TensorDictBase", batch.out)), ())
    seconds = time.thread_time() - start
    joined = {key: join(parts) for key, parts in wide.items()}
    return LossEvaluation(whole, joined, mean, metrics, health, len(first.blocks), seconds)


def _count_non_finite(name: str, values: Tensor, first: StageOne, health: dict[str, NonFiniteCounts]) -> None:
    """Count non-finite values on the way, also in terms that are not stored."""
    if values.is_floating_point():
        counts = first.counts.get(tensor_key(values)) or count_non_finite(values)
        health[name] = counts.plus(health[name]) if name in health else counts


def _join_terms(loss: AnyLoss, last: Any, narrow: dict[str, list[Tensor]]) -> Any:
    """The terms of all blocks; a wide term has its shape without its memory.

    Such a term is filled with NaN, so that no number is taken from it.
    """
    same: dict[tuple[int, ...], Tensor] = {}
    whole: dict[str, Tensor | None] = {}
    for name, parts in narrow.items():
        places = tuple(part.data_ptr() for part in parts)
        if places not in same:  # without a penalty the TD loss is the loss
            same[places] = join(parts)
        whole[name] = same[places]
    shape = cast("Tensor", whole["loss"]).shape
    for term in loss.term_infos:
        values: Tensor | None = getattr(last, term.name)
        if term.name not in whole:
            whole[term.name] = None
        if len(term.dims) > 2 and values is not None:
            filler = values.new_full((), torch.nan if values.is_floating_point() else 0)
            whole[term.name] = filler.expand(shape[0], *values.shape[1:])
    return loss.terms_type(**whole, batch_size=shape)
