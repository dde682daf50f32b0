"""Run the doctor on a stored batch and cache the report."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mouse.diagnosis import (
    CATALOGUE,
    RULES,
    FileReport,
    Report,
    Rule,
    Thresholds,
    add_recording_findings,
    case,
    function_report,
)
from mouse.diagnosis.examine import merge_reports, report_on
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse.mapping import Doubt
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.batch_loss import BatchLoss
from mouse_dashboard.compute.cache import CacheKey
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.file_metadata import read_doubts, read_file_report
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError, FunctionLoss
from mouse_dashboard.compute.stage_one import join_inputs, select_rows, stage_one

REPORT_BYTES = 50_000
"""Bytes that a cached report takes beside its masks, roughly."""


class StoredCase(case.Case):
    """A stored batch under examination; shares stage 1 with the evaluations."""

    def __init__(self, context: EvaluationContext) -> None:
        declared = {name: loss for name, loss in context.evaluator.losses.items() if not isinstance(loss, BatchLoss)}
        super().__init__(*context.batch.part(slice(None)), context.configs, Thresholds(), declared)
        self.read_by_functions = _read_by_functions(context)
        self._context = context

    def inputs(self, loss: AnyLoss, cfg: LossConfig, rows: slice | None = None) -> Any:
        """Stage 1 from the cache, or recomputed if it was too large to cache."""
        self._context.token.check()
        job = LossJob(self._context.batch, loss, cfg)
        first = stage_one(job, self._context.cache, self._context.token)
        if not first.stored:
            return super().inputs(loss, cfg, rows)
        whole = join_inputs([*first.blocks])
        return whole if rows is None else select_rows(whole, rows)


def examine_stored_batch(context: EvaluationContext, rule: str | None = None) -> Report:
    """Run all rules on a batch, or one rule for declared losses.

    Raises:
        ApiError: time is up.
    """
    key = CacheKey(context.batch.id, "", "doctor", (tuple(context.configs.items()), _generations(context), rule))
    report: Report | None = context.cache.get(key)
    if report is None:
        rules = RULES.values() if rule is None else (RULES[rule],)
        declared = report_on(StoredCase(context), _until_cancelled(rules, context.token))
        asked = tuple(CATALOGUE) if rule is None else (rule,)
        recorded = add_recording_findings(declared, context.batch.shape, *_noted(context.batch.path), asked)
        report = merge_reports([recorded, *_of_functions(context)]) if rule is None else recorded
        masks = (finding.mask for finding in report if finding.mask is not None)
        context.cache.put(key, report, REPORT_BYTES + sum(mask.nbytes for mask in masks))
    return report


def _read_by_functions(context: EvaluationContext) -> frozenset[str] | None:
    """Fields that users' functions read, if only such functions are trained."""
    trained = [context.evaluator.losses[name] for name, cfg in context.configs.items() if cfg.weight > 0]
    functions = [loss for loss in trained if isinstance(loss, FunctionLoss)]
    if not functions or len(functions) < len(trained):
        return None
    return frozenset(name for loss in functions for name in loss.process.description.fields)


def _generations(context: EvaluationContext) -> tuple[int, ...]:
    """Load count of each user's function."""
    losses = map(context.evaluator.losses.__getitem__, context.configs)
    return tuple(loss.generation for loss in losses if isinstance(loss, FunctionLoss))


def _of_functions(context: EvaluationContext) -> Iterator[Report]:
    """Reports of the function rules on users' functions; a failed call is a finding too."""
    for name, cfg in context.configs.items():
        loss = context.evaluator.losses[name]
        if isinstance(loss, FunctionLoss) and cfg.weight > 0:
            try:
                yield loss.report(context.batch, cfg, context.token)
            except FunctionFailedError as error:
                yield function_report(str(error), name)


def _noted(path: Path | None) -> tuple[Sequence[Doubt] | None, FileReport | None]:
    """Doubts noted when the file was imported, and the file rules' report from before it was cut into windows."""
    return (None, None) if path is None else (read_doubts(path), read_file_report(path))


def _until_cancelled(rules: Iterable[Rule], token: CancelToken) -> Iterator[Rule]:
    for rule in rules:
        token.check()
        yield rule
