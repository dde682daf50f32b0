"""Evaluate losses on stored batches with the library's own stages, and cache what the next request may need."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import CPU, Batch, LossJob
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.configs import all_fields_of, matches_values, record_reads
from mouse_dashboard.compute.device import DevicePlacement, OutOfMemoryError, copy_to_host
from mouse_dashboard.compute.estimate import SampleNumbers, estimate
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.compute.loss_evaluation import ComponentKey, LossEvaluation
from mouse_dashboard.compute.second_stage import evaluate_stage_two
from mouse_dashboard.compute.slices.grouping import Grouping
from mouse_dashboard.compute.slices.groupings import groupings
from mouse_dashboard.compute.stage_one import (
    rounding_note,
    rows_of,
    select_row,
    stage_one,
    stage_one_of_rows,
    storage_bytes,
)

Result = TypeVar("Result")
EXACT_SECONDS = 0.02
"""A loss that takes longer is estimated while a slider is dragged."""
SAMPLE_SECONDS = 0.008
"""Time that an estimate takes of each tick: with 20 ms the numbers came 42 ms after those of an empty page."""


class _Last(NamedTuple):
    """The last evaluation of a slot."""

    cfg: LossConfig
    components: frozenset[ComponentKey]
    evaluated: LossEvaluation


class Evaluator:
    """Evaluates the losses of a registry, and caches stage 1 and each loss's last evaluation for the next request."""

    def __init__(
        self, cache_bytes: int, losses: Mapping[str, AnyLoss] = LOSSES, placement: DevicePlacement | None = None
    ) -> None:
        self.cache = ResultCache(cache_bytes)
        self.losses = losses
        self.placement = placement or DevicePlacement()

    def retry_on_cpu(self, work: Callable[[], Result]) -> Result:
        """Run `work`; if the device runs out of memory, evict all batches and run it again on the CPU.

        Raises:
            OutOfMemoryError: there was none on it.
        """
        while True:
            try:
                return work()
            except OutOfMemoryError:
                ids = self.placement.evict_all()
                if not ids:
                    raise
            for batch_id in ids:
                self.cache.forget(batch_id)

    def forget(self, batch_id: str) -> None:
        """Drop a batch and every result of it."""
        self.placement.forget(batch_id)
        self.cache.forget(batch_id)

    def job(self, batch: Batch, name: str, cfg: LossConfig, token: CancelToken) -> LossJob:
        """A loss of the registry on a batch, on its device; a loss without stages is traced, unless it was before.

        Raises:
            FunctionFailedError: it gave no result.
        """
        loss = self.losses[name]
        if isinstance(loss, BatchLoss):
            return LossJob(batch, self._call(loss, batch, cfg, token), cfg)
        fields = cast("tuple[TensorDictBase, TensorDictBase]", (batch.step_stream, batch.out))
        if self.placement.device != CPU and not loss.missing(*fields):
            batch = self.placement.place(batch, self.losses, self.cache.forget)
        return LossJob(batch, loss, cfg)

    def _call(self, loss: BatchLoss, batch: Batch, cfg: LossConfig, token: CancelToken) -> TracedLoss:
        key = CacheKey(batch.id, loss.name, "calls", (loss.generation,))
        found: TracedLoss | FunctionFailedError | None = self.cache.get_recent(key, cfg)
        if found is None:
            try:
                found = loss.on(batch, cfg, token)
            except FunctionFailedError as error:
                found = error
            size = 0 if isinstance(found, Exception) else storage_bytes(found.values.values())
            self.cache.put_recent(key, cfg, found, size)
        if isinstance(found, FunctionFailedError):
            raise found
        return found

    def evaluate(
        self, job: LossJob, components: frozenset[ComponentKey], token: CancelToken, slot: str = "live"
    ) -> LossEvaluation:
        """Evaluate a loss; free if no config field that it reads has changed since the last evaluation.

        The last evaluation of each slot is cached: the pinned one does not change while the live one is dragged.

        Raises:
            BatchError: the batch's shapes or values do not allow the loss.
            MissingFieldError: the batch lacks a field of it.
        """
        batch, loss, cfg = job
        if isinstance(loss, TracedLoss):
            return _evaluated_call(loss, components)
        key = job.key("evaluated", slot)
        last: _Last | None = self.cache.get(key)
        if last is not None and matches_values(cfg, last.evaluated.reads) and components <= last.components:
            return last.evaluated
        # A loss from outside may compare the very type of its config, which a config that notes has not.
        noted, reads = record_reads(cfg) if loss is LOSSES.get(loss.name) else (cfg, partial(all_fields_of, cfg))
        job = job._replace(cfg=noted)
        with torch.no_grad():
            evaluated = evaluate_stage_two(job, stage_one(job, self.cache, token), components, token)
        evaluated = replace(evaluated, reads=reads())
        size = storage_bytes(evaluated.terms.values()) + storage_bytes(evaluated.components.values())
        if batch.device != CPU:
            evaluated = copy_to_host(evaluated, loss)
        self.cache.put(key, _Last(cfg, components, evaluated), size)
        self.cache.put(job.key("seconds"), evaluated.seconds, 0)
        return evaluated

    def evaluate_within_budget(
        self, job: LossJob, components: frozenset[ComponentKey], token: CancelToken
    ) -> LossEvaluation:
        """Evaluate a loss; if that took too long last time, estimate its change from every n-th sequence.

        Raises:
            BatchError, MissingFieldError: as `evaluate`.
        """
        batch, loss, cfg = job
        if isinstance(loss, TracedLoss):
            return _evaluated_call(loss, components)
        stride = self._stride(job)
        last: _Last | None = self.cache.get(job.key("evaluated", "live"))
        if stride <= 1 or last is None or matches_values(cfg, last.evaluated.reads):
            return self.evaluate(job, components, token)
        rows = slice(0, batch.shape[0], stride)
        then = last.cfg
        key = job.key("estimated", then, rows.indices(batch.shape[0]))
        before: SampleNumbers | None = self.cache.get(key)
        if before is None:
            before = SampleNumbers.of(self.evaluate_rows(job._replace(cfg=then), rows, frozenset(), token))
            self.cache.put(key, before, 0)
        return estimate(last.evaluated, before, self.evaluate_rows(job, rows, components, token))

    def _stride(self, job: LossJob) -> int:
        """The n of "every n-th sequence" that the time budget allows."""
        seconds: float = self.cache.get(job.key("seconds")) or 0.0
        return 1 if seconds <= EXACT_SECONDS else min(job.batch.shape[0], math.ceil(seconds / SAMPLE_SECONDS))

    def evaluate_rows(
        self, job: LossJob, rows: slice, components: frozenset[ComponentKey], token: CancelToken
    ) -> LossEvaluation:
        """Evaluate a loss on some sequences only.

        Raises:
            BatchError, MissingFieldError: as `evaluate`.
        """
        part = Batch(job.batch.id, *job.batch.part(rows))
        with torch.no_grad():
            first = stage_one_of_rows(job, rows, self.cache)
            some = replace(evaluate_stage_two(job._replace(batch=part), first, components, token), rows=rows)
        return some if job.batch.device == CPU else copy_to_host(some, job.loss)

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
                if row < last:
                    whole = inputs if quick else select_row(inputs, row - first)
                    terms = loss.terms(whole, cfg)[row - first if quick else 0]
                    return terms if batch.device == CPU else terms.cpu()
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


def _evaluated_call(loss: TracedLoss, components: frozenset[ComponentKey]) -> LossEvaluation:
    """Wrap one call of a user's function as an evaluation."""
    values = loss.values
    chosen = {key: values[key[0]][..., key[1]] for key in components if key[0] in values}
    mean = cast("Tensor", values.result)
    return LossEvaluation(values, chosen, mean, dict(loss.call.metrics), loss.health, 1, loss.call.seconds)
