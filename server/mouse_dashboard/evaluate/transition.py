"""One transition with every term, exactly as the evaluation computes it."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from mouse.losses.gradient import length
from mouse.losses.sp import hugely_negative
from mouse.losses.term import TermInfo
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.batch_loss import TermValues, TracedLoss, term_value
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.gradients import row_gradient, with_gradient
from mouse_dashboard.compute.loss_evaluation import LossEvaluation, gradient_infos
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.compute.slices.slice import find_slice
from mouse_dashboard.compute.stage_one import rounding_note
from mouse_dashboard.evaluate.doctor_slice import groupings_for
from mouse_dashboard.evaluate.formula import latex_of
from mouse_dashboard.evaluate.scopes import Scopes
from mouse_dashboard.evaluate.view import ResolvedView, resolve_view
from mouse_dashboard.schema.numbers import plain
from mouse_dashboard.schema.requests import TransitionRequest
from mouse_dashboard.schema.results import TermValue, Transition

TermAtPlace = tuple[TermInfo, Tensor | None, list[bool] | None]
"""A term, its value, and which numbers of it are no placeholders, where some are."""


def transition_request(context: EvaluationContext, request: TransitionRequest) -> Transition:
    """Every term at one transition; for a range, the one where the viewed term is farthest from zero.

    Raises:
        ApiError: the view names a term, range or class that does not exist.
        BatchError, MissingFieldError: the loss cannot run on the batch.
    """
    slice_ = find_slice(request.slice, groupings_for(request.slice, context)) if request.slice else None
    view = resolve_view(request, context, slice_)
    loss, job = view.loss, context.job(request.loss)
    evaluated = context.evaluator.evaluate(job, view.components, context.token)
    if view.needs_gradient:
        evaluated = with_gradient(evaluated, job, context.cache, context.token)
    row, step = select_place(view, evaluated)
    here = terms_at(context.evaluator.row_terms(job, row, context.token), step)
    of_terms = [(term, term_value(here, term.name), valid_entries(term, here)) for term in loss.term_infos]
    of_gradient = _gradient_at(context, job, evaluated, (row, step))
    return Transition(
        batch_id=context.batch.id,
        loss=loss.name,
        row=row,
        step=step,
        chosen_from=view.selection.count,
        note=rounding_note(context.batch, loss),
        terms=_term_values(job, (row, step), [*of_terms, *of_gradient]),
    )


def _gradient_at(
    context: EvaluationContext, job: LossJob, evaluated: LossEvaluation, place: tuple[int, int]
) -> list[TermAtPlace]:
    row, step = place
    if isinstance(job.loss, TracedLoss):
        gradients = with_gradient(evaluated, job, context.cache, context.token).gradients
        infos = [info for info in gradient_infos(job.loss) if info.name in gradients]
        return [(info, _at(info, gradients[info.name], row, step), None) for info in infos]
    gradient = row_gradient(evaluated, job, row)[step]
    each, norm = gradient_infos(job.loss)
    per_action = gradient if gradient.dim() == 1 else length(gradient, -1)
    return [(each, per_action, None), (norm, length(gradient), None)]


def terms_at(row: Any, step: int) -> Any:
    """Terms of a sequence at one step."""
    return row.at(step) if isinstance(row, TermValues) else row[step]


def _at(info: TermInfo, values: Tensor, row: int, step: int) -> Tensor | None:
    """Value at a place; a per-sequence value at each of its steps; None if there is no transition."""
    step = 0 if info.unit == "sequence" else step
    return values[row, step] if step < values.shape[1] else None


def _term_values(job: LossJob, place: tuple[int, int], values: Iterable[TermAtPlace]) -> list[TermValue]:
    """Terms with values; each formula with the numbers known before it: step, config, and scalar terms."""
    scopes = Scopes(job, place)
    result: list[TermValue] = []
    for term, tensor, real in values:
        value, known, code = plain(tensor), scopes.of(term), scopes.holds_code(term)
        if real is not None and value is not None:
            value = [number if counts else None for number, counts in zip(value, real, strict=True)]
        by_name = None if value is None else latex_of(term.formula, known, numbers=False, code=code)
        with_numbers = None if value is None else latex_of(term.formula, known, code=code)
        result.append(
            TermValue(
                name=term.name,
                formula=term.formula,
                latex=by_name,
                latex_values=None if with_numbers == by_name else with_numbers,
                doc=term.doc,
                dims=list(term.dims),
                value=value,
                log_zero=hugely_negative(tensor.dtype) if term.log_zero and tensor is not None else None,
            )
        )
        if isinstance(value, bool | int | float):
            known[scopes.variable(term)] = value
        else:  # a field of that name is not meant any more
            known.pop(scopes.variable(term), None)
    return result


def valid_entries(term: TermInfo, here: Any) -> list[bool] | None:
    """Mask of a term's entries that are not placeholders; None if all are values."""
    return plain(getattr(here, term.where)) if term.where else None


def select_place(view: ResolvedView, evaluated: LossEvaluation) -> tuple[int, int]:
    """Row and step of the only transition in view, or of the one where the viewed term is farthest from zero.

    Prefers transitions of the slice; a view without any returns any transition.
    """
    if view.count == 1:
        return view.rows[0], view.steps[0]
    selection = view.selection if view.selection.count else Selection(view.rows, view.steps)
    values = view.values(evaluated)
    if values is None:
        return selection.of(0)
    placeholder = view.placeholders(evaluated)
    meant = values if placeholder is None else values.masked_fill(placeholder, 0)
    return selection.of(farthest_from_zero(selection.pick(meant)))


def farthest_from_zero(values: Tensor) -> int:
    """Index of the value farthest from zero: NaN first, then the largest magnitude; the first one on ties."""
    size = values.to(torch.float64).abs().nan_to_num(nan=torch.inf, posinf=torch.finfo(torch.float64).max)
    return int(size.argmax())
