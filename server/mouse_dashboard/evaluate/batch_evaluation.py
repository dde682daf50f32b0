"""Evaluate one batch under one set of configs; numbers and figures are computed from the result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.combined import total_of, weigh
from mouse.losses.loss import AnyLoss
from mouse.losses.value_checks import sync_metrics
from mouse_dashboard.compute.batch_loss import TracedLoss, is_off
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.compute.functions.messages import FunctionProblem
from mouse_dashboard.compute.gradients import with_gradient
from mouse_dashboard.compute.loss_evaluation import ComponentKey, LossEvaluation
from mouse_dashboard.compute.select_terms import select_terms
from mouse_dashboard.compute.slices.slice import Slice
from mouse_dashboard.evaluate.view import ResolvedView
from mouse_dashboard.schema.errors import ErrorBody, batch_error_body
from mouse_dashboard.schema.results import Health, LossResult, Numbers, SliceResult


@dataclass(frozen=True)
class LossFailure:
    """Why a loss cannot run on this batch."""

    error: ErrorBody


LossOutcome = LossEvaluation | LossFailure


@dataclass(frozen=True)
class Requirements:
    """What must be computed for each loss beyond its numbers."""

    components: Mapping[str, frozenset[ComponentKey]]
    gradients: frozenset[str]
    """Names of the losses whose gradient is needed."""

    @classmethod
    def of(cls, views: Iterable[ResolvedView]) -> "Requirements":
        """The requirements of some views."""
        components: dict[str, frozenset[ComponentKey]] = {}
        gradients: set[str] = set()
        for view in views:
            name = view.loss.name
            components[name] = components.get(name, frozenset()) | view.components
            if view.needs_gradient:
                gradients.add(name)
        return cls(components, frozenset(gradients))


NUMBERS_ONLY = Requirements({}, frozenset())


@dataclass(frozen=True)
class BatchEvaluation:
    """A batch, its configs and the results of its losses."""

    context: EvaluationContext
    outcomes: Mapping[str, LossOutcome]
    slice: Slice | None = None
    """The slice that is looked at."""

    def evaluated(self, name: str) -> LossEvaluation | None:
        """The result of a loss; None if it failed or has no config."""
        outcome = self.outcomes.get(name)
        return outcome if isinstance(outcome, LossEvaluation) else None

    def numbers(self) -> Numbers:
        """Every loss with its share of the total."""
        configs = self.context.configs
        means = {name: each.mean for name, each in self.outcomes.items() if isinstance(each, LossEvaluation)}
        active = {name for name, cfg in configs.items() if cfg.weight > 0}
        ordered = {name: means[name] for name in self.context.evaluator.losses if name in means and name in active}
        weighted = weigh(ordered, configs)
        total = total_of(weighted) if weighted and len(weighted) == len(active) else None
        return Numbers(
            batch_id=self.context.batch.id,
            total=None if total is None else float(total),
            losses={
                name: _failed(configs[name].weight, outcome)
                if isinstance(outcome, LossFailure)
                else _loss_result(self, self.context.loss(name), outcome, weighted.get(name), total)
                for name, outcome in self.outcomes.items()
            },
        )


def evaluate_batch(
    context: EvaluationContext,
    requirements: Requirements = NUMBERS_ONLY,
    slice_: Slice | None = None,
    *,
    slot: str = "live",
    brief: bool = False,
) -> BatchEvaluation:
    """Evaluate every loss that has a config; one that cannot run does not stop the others.

    `slot` names the cache entry that the evaluation replaces; with `brief` an estimate will do.

    Raises:
        ApiError: time is up.
    """
    outcomes = {name: _evaluate(context, name, requirements, slot, brief=brief) for name in context.configs}
    return BatchEvaluation(context, outcomes, slice_)


def _evaluate(
    context: EvaluationContext, name: str, requirements: Requirements, slot: str, *, brief: bool
) -> LossOutcome:
    context.token.check()
    components = requirements.components.get(name, frozenset())
    try:
        job = context.job(name)
        if brief:
            evaluated = context.evaluator.evaluate_within_budget(job, components, context.token)
        else:
            evaluated = context.evaluator.evaluate(job, components, context.token, slot)
        if name in requirements.gradients and evaluated.rows is None:
            return with_gradient(evaluated, job, context.cache, context.token)
    except (BatchError, MissingFieldError) as error:
        return LossFailure(batch_error_body(error))
    except FunctionFailedError as error:
        return LossFailure(function_error_body(error.problem))
    return evaluated


def _failed(weight: float, outcome: LossFailure) -> LossResult:
    return LossResult(
        loss=None,
        weight=weight,
        weighted=None,
        share=None,
        metrics={},
        health=[],
        gradient_norm=None,
        slice=None,
        off=[],
        note="",
        estimated=False,
        error=outcome.error,
    )


def _loss_result(
    whole: BatchEvaluation, loss: AnyLoss, outcome: LossEvaluation, weighted: Tensor | None, total: Tensor | None
) -> LossResult:
    note = ""
    if outcome.blocks > 1:
        note = (
            f"Computed in {outcome.blocks} blocks of sequences; last bits may differ from one call on the whole batch."
        )
    if isinstance(loss, TracedLoss):
        note = loss.note
    if outcome.rows is not None:
        note = f"Estimated from 1 of {outcome.stride} sequences and the last exact value; exact when the slider rests."
    note = " ".join(filter(None, (note, whole.context.job(loss.name).batch.placement)))
    narrow = (term.name for term in loss.term_infos if len(term.dims) == 2)
    off = [name for name in narrow if is_off(outcome.terms, name)]
    return LossResult(
        loss=float(outcome.mean),
        weight=whole.context.configs[loss.name].weight,
        weighted=0.0 if weighted is None else float(weighted),
        share=None if total is None or total == 0 else 0.0 if weighted is None else float(weighted / total),
        metrics=outcome.metrics,
        health=[Health(term=term, **counts._asdict()) for term, counts in outcome.health.items()],
        gradient_norm=outcome.gradient_norm,
        slice=None if whole.slice is None or outcome.rows is not None else _slice_result(loss, outcome, whole.slice),
        off=off,
        note=note,
        estimated=outcome.rows is not None,
        error=None,
    )


def _slice_result(loss: AnyLoss, outcome: LossEvaluation, slice_: Slice) -> SliceResult | None:
    """The library's mean and metrics on the terms of the slice; None if the loss is not a sum over places."""
    if outcome.terms.loss is None:
        return None
    rows, steps = outcome.terms.loss.shape
    selection = slice_.selection((0, rows), (0, steps))
    if selection.count == 0:
        return SliceResult(label=slice_.label, count=0, of=rows * steps, loss=None, share=None, metrics={})
    terms = select_terms(loss, outcome, selection)
    mean = loss.mean(terms)
    part, total = terms.loss.double().sum(), outcome.terms.loss.double().sum()
    return SliceResult(
        label=slice_.label,
        count=selection.count,
        of=rows * steps,
        loss=float(mean),
        share=float(part / total) if total != 0 else None,
        metrics=sync_metrics(loss.metrics(terms, mean, None), ()),
    )


def function_error_body(problem: FunctionProblem) -> ErrorBody:
    """The error body for a user's function that returned no result."""
    return ErrorBody(
        status=422,
        code=problem.code,
        message=problem.message,
        field=problem.field,
        traceback=problem.traceback or None,
    )
