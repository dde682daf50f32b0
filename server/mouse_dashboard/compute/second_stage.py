"""Stage 2 of a loss on a batch, block by block: the library's own terms, joined and reduced by its own functions.

Blocks end elsewhere in memory, and vector instructions may round the last bit of an element differently there: an
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
from mouse_dashboard.compute.evaluated import ComponentKey, Evaluated
from mouse_dashboard.compute.finite import Counts, counts_of
from mouse_dashboard.compute.joining import join
from mouse_dashboard.compute.stage_one import StageOne, address


def evaluate_stage_two(
    job: LossJob, first: StageOne, components: frozenset[ComponentKey], token: CancelToken
) -> Evaluated:
    """Stage 2 block by block: narrow terms whole, of terms with a third dimension the components asked for."""
    batch, loss, cfg = job
    start = time.thread_time()
    health: dict[str, Counts] = {}
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
    return Evaluated(whole, joined, mean, metrics, health, len(first.blocks), seconds)


def _count_non_finite(name: str, values: Tensor, first: StageOne, health: dict[str, Counts]) -> None:
    """Count on the way what is not finite, in terms too that are not stored."""
    if values.is_floating_point():
        counts = first.counts.get(address(values)) or counts_of(values)
        health[name] = counts.plus(health[name]) if name in health else counts


def _join_terms(loss: AnyLoss, last: Any, narrow: dict[str, list[Tensor]]) -> Any:
    """The library's terms of all blocks; a term with a third dimension has its shape without its memory.

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
