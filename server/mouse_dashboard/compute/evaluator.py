"""Evaluating a loss on a stored batch: the library's own stages.

Where stage 1 comes in blocks, per-transition terms are joined again and reduced by the library's own `mean` and
`metrics`. Blocks end elsewhere in memory, and vector instructions may round the last bit of an element differently
there: an evaluation in blocks reports that.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.demand import read_back
from mouse.losses.gradient import gradient_infos as head_gradient_infos
from mouse.losses.gradient import length
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss, term_value
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.finite import Counts, counts_of
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.compute.functions.messages import GRADIENT as GRADIENT_AT
from mouse_dashboard.compute.slices.grouping import Grouping
from mouse_dashboard.compute.slices.groupings import groupings
from mouse_dashboard.compute.stage_one import (
    StageOne,
    address,
    own_bytes,
    rounding_note,
    rows_of,
    select_row,
    stage_one,
)

BUDGET_SECONDS = 0.02
"""Time that a loss may take of each tick of a dragged slider."""
GRADIENT = ("gradient", "gradient_norm")
"""Names under which the gradient of a declared loss is shown."""
ComponentKey = tuple[str, int]
"""A term with a third dimension, and an index in it."""


@dataclass(frozen=True)
class Evaluated:
    """One loss on one batch under one config."""

    terms: Any
    """The library's terms; of those with a third dimension only the shape."""
    components: Mapping[ComponentKey, Tensor]
    """Components of terms with a third dimension that were asked for, ``[B, time]``."""
    mean: Tensor
    """The scalar that training minimises."""
    metrics: dict[str, float]
    """What training logs."""
    health: Mapping[str, Counts]
    """Of every floating-point term that was computed, what is not finite."""
    blocks: int
    """In how many blocks of sequences the terms were computed."""
    seconds: float = 0.0
    """How long a processor worked on the second stage and what comes after it."""
    stride: int = 1
    """An estimate is computed from every so many sequences only."""
    gradient: Tensor | None = None
    """``[B, time, action]``: of the mean with respect to the head, where it was asked for."""
    gradients: Mapping[str, Tensor] = field(default_factory=dict[str, Tensor])
    """Of a user's function at each term and output, by the name that it is shown under, where they were asked for."""
    gradient_norm: float | None = None
    """Length of the gradient, where it was asked for."""

    def values(self, term: TermInfo, component: int) -> Tensor | None:
        """``[B, time]`` values of a term; None when it is off under this config."""
        if term.name.startswith(GRADIENT_AT):
            values = self.gradients.get(term.name)
            return values[..., component] if values is not None and values.dim() > 2 else values
        if term.name in GRADIENT:
            assert self.gradient is not None, "whoever shows a gradient asks for it"  # noqa: S101
            return self.gradient[..., component] if len(term.dims) > 2 else length(self.gradient, -1)
        if len(term.dims) > 2:
            return self.components.get((term.name, component))
        return term_value(self.terms, term.name)


class Evaluator:
    """Evaluates the losses of a registry, and caches stage 1 and each loss's last evaluation for the next request."""

    def __init__(self, cache_bytes: int, losses: Mapping[str, AnyLoss] = LOSSES) -> None:
        self.cache = ResultCache(cache_bytes)
        self.losses = losses

    def job(self, batch: Batch, name: str, cfg: LossConfig, token: CancelToken) -> LossJob:
        """A loss of the registry on a batch; one of no stages is looked up on it, unless it was before.

        Raises:
            FunctionFailedError: it gave no result.
        """
        loss = self.losses[name]
        if isinstance(loss, BatchLoss):
            loss = self._call(loss, batch, cfg, token)
        return LossJob(batch, loss, cfg)

    def _call(self, loss: BatchLoss, batch: Batch, cfg: LossConfig, token: CancelToken) -> TracedLoss:
        key = CacheKey(batch.id, loss.name, "call", (loss.generation, cfg))
        found: TracedLoss | FunctionFailedError | None = self.cache.get(key)
        if found is None:
            try:
                found = loss.on(batch, cfg, token)
            except FunctionFailedError as error:
                found = error
            self.cache.put(key, found, 0 if isinstance(found, Exception) else own_bytes(found.values.values()))
        if isinstance(found, FunctionFailedError):
            raise found
        return found

    def evaluate(
        self, job: LossJob, components: frozenset[ComponentKey], token: CancelToken, slot: str = "live"
    ) -> Evaluated:
        """Evaluate a loss; unchanged since the last time it costs nothing: dragging one loss leaves the others alone.

        The last evaluation of each slot is cached: what is pinned does not change while what is live is dragged.

        Raises:
            BatchError: the batch's shapes or values do not allow the loss.
            MissingFieldError: the batch lacks a field of it.
        """
        batch, loss, cfg = job
        if isinstance(loss, TracedLoss):
            return _evaluated_call(loss, components)
        key, question = CacheKey(batch.id, loss.name, "evaluated", (slot,)), (cfg, components)
        last = self.cache.get(key)
        if last is not None and last[0] == question:
            return last[1]
        with torch.no_grad():
            evaluated = _evaluate(job, stage_one(job, self.cache, token), components, token)
        size = own_bytes(evaluated.terms.values()) + own_bytes(evaluated.components.values())
        self.cache.put(key, (question, evaluated), size)
        self.cache.put(CacheKey(batch.id, loss.name, "seconds"), evaluated.seconds, 0)
        return evaluated

    def evaluate_within_budget(
        self, job: LossJob, components: frozenset[ComponentKey], token: CancelToken
    ) -> Evaluated:
        """Evaluate a loss, or estimate it from every n-th sequence where the last time says it takes too long.

        Raises:
            BatchError, MissingFieldError: as `evaluate`.
        """
        batch, loss, cfg = job
        if isinstance(loss, TracedLoss):
            return _evaluated_call(loss, components)
        last = self.cache.get(CacheKey(batch.id, loss.name, "evaluated", ("live",)))
        cost = CacheKey(batch.id, loss.name, "seconds")
        stride = min(batch.shape[0], math.ceil((self.cache.get(cost) or 0.0) / BUDGET_SECONDS))
        if stride <= 1 or last is None or last[0][0] == cfg:
            return self.evaluate(job, components, token)
        with torch.no_grad():
            first = stage_one(job, self.cache, token).subsample(stride)
            part = Batch(batch.id, *batch.part(slice(None, None, stride)))
            estimate = replace(_evaluate(job._replace(batch=part), first, frozenset(), token), stride=stride)
        self.cache.put(cost, estimate.seconds * stride, 0)
        return estimate

    def row_terms(self, job: LossJob, row: int, token: CancelToken) -> Any:
        """Every term of one sequence, ``[time]``.

        Out of the same computation as `evaluate`, as long as that is quick: the sequence alone could round the last
        bit of an element differently.

        Raises:
            BatchError: the batch's shapes or values do not allow the loss.
            MissingFieldError: the batch lacks a field of it.
        """
        batch, loss, cfg = job
        if isinstance(loss, TracedLoss):
            return loss.values.row(row)
        first, quick = 0, rounding_note(batch, loss) == ""
        with torch.no_grad():
            for inputs in stage_one(job, self.cache, token).blocks:
                last = first + rows_of(inputs)
                if row < last and quick:
                    return loss.terms(inputs, cfg)[row - first]
                if row < last:
                    return loss.terms(select_row(inputs, row - first), cfg)[0]
                first = last
        raise IndexError(f"row {row} of a batch of {batch.shape[0]}")

    def groupings(self, batch: Batch) -> dict[str, Grouping]:
        """Every way to sort the transitions of a batch into classes."""
        key = CacheKey(batch.id, "", "groupings")
        found = self.cache.get(key)
        if found is None:
            found = groupings(cast("TensorDictBase", batch.step_stream))
            self.cache.put(key, found, sum(grouping.index.nbytes for grouping in found.values()))
        return found


def _evaluated_call(loss: TracedLoss, components: frozenset[ComponentKey]) -> Evaluated:
    """What one call of a user's function computed, as an evaluation."""
    values = loss.values
    chosen = {key: values[key[0]][..., key[1]] for key in components if key[0] in values}
    mean = cast("Tensor", values.result)
    return Evaluated(values, chosen, mean, dict(loss.call.metrics), loss.health, 1, loss.call.seconds)


def is_gradient(name: str) -> bool:
    """Whether a term is a gradient."""
    return name in GRADIENT or name.startswith(GRADIENT_AT)


def gradient_infos(loss: AnyLoss) -> tuple[TermInfo, ...]:
    """Gradients that a loss can be shown with."""
    if isinstance(loss, TracedLoss):
        return loss.gradient_infos
    return () if isinstance(loss, BatchLoss) else head_gradient_infos(loss)


def _evaluate(job: LossJob, first: StageOne, components: frozenset[ComponentKey], token: CancelToken) -> Evaluated:
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
    metrics = read_back(loss.metrics(whole, cast("TensorDictBase", batch.out)), ())
    mean = loss.mean(whole)
    seconds = time.thread_time() - start
    joined = {key: torch.cat(parts) if len(parts) > 1 else parts[0] for key, parts in wide.items()}
    return Evaluated(whole, joined, mean, metrics, health, len(first.blocks), seconds)


def _count_non_finite(name: str, values: Tensor, first: StageOne, health: dict[str, Counts]) -> None:
    """Count on the way what is not finite, in terms too that are not stored."""
    if values.is_floating_point():
        counts = first.counts.get(address(values)) or counts_of(values)
        health[name] = counts.plus(health[name]) if name in health else counts


def _join_terms(loss: AnyLoss, last: Any, narrow: Mapping[str, list[Tensor]]) -> Any:
    """The library's terms of all blocks; a term with a third dimension has its shape without its memory.

    Such a term is filled with NaN, so that no number is taken from it.
    """
    whole: dict[str, Tensor | None] = {
        name: torch.cat(parts) if len(parts) > 1 else parts[0] for name, parts in narrow.items()
    }
    shape = cast("Tensor", whole["loss"]).shape
    for term in loss.term_infos:
        values: Tensor | None = getattr(last, term.name)
        if term.name not in whole:
            whole[term.name] = None
        if len(term.dims) > 2 and values is not None:
            filler = values.new_full((), torch.nan if values.is_floating_point() else 0)
            whole[term.name] = filler.expand(shape[0], *values.shape[1:])
    return loss.terms_type(**whole, batch_size=shape)
