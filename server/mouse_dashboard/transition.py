"""One transition with every term: exactly the terms that the evaluation reduces."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from mouse.losses.gradient import gradient_infos, length
from mouse.losses.sp import hugely_negative
from mouse.losses.term import TermInfo
from mouse_dashboard.case import Batch, Case
from mouse_dashboard.evaluation import Evaluated, Evaluator
from mouse_dashboard.formula import Value, latex_of
from mouse_dashboard.gradients import row_gradient, with_gradient
from mouse_dashboard.numbers import plain
from mouse_dashboard.requests import TransitionRequest, chosen
from mouse_dashboard.results import TermValue, Transition
from mouse_dashboard.slices.by_doctor import groupings_for
from mouse_dashboard.slices.places import Places
from mouse_dashboard.slices.slice import find_slice
from mouse_dashboard.stage_one import alone
from mouse_dashboard.viewed import Viewed, find
from mouse_dashboard.work import Ticket

Told = tuple[TermInfo, Tensor | None, list[bool] | None]
"""A term, its value, and which numbers of it are no placeholders, where some are."""


def transition_request(batch: Batch, request: TransitionRequest, evaluator: Evaluator, ticket: Ticket) -> Transition:
    """Every term at one transition; out of a range, at the one where the viewed term is farthest from zero.

    Raises:
        ApiError: the view names a term, range or class that does not exist.
        BatchError, MissingFieldError: the loss cannot run on the batch.
    """
    configs = chosen(request.configs)
    groupings = groupings_for(request.slice, batch, configs, evaluator, ticket)
    viewed = find(request, batch, configs, find_slice(request.slice, groupings))
    loss = viewed.loss
    case = Case(batch, loss, configs[request.loss])
    evaluated = evaluator.evaluate(case, viewed.wide, ticket)
    if viewed.needs_gradient:
        evaluated = with_gradient(evaluated, case, evaluator.kept, ticket)
    row, step = chosen_place(viewed, evaluated)
    here = evaluator.row_terms(case, row, ticket)[step]
    gradient = row_gradient(evaluated, case, row)[step]
    each, norm = gradient_infos(loss)
    of_terms = [(term, getattr(here, term.name), meant(term, here)) for term in loss.term_infos]
    per_action = gradient if gradient.dim() == 1 else length(gradient, -1)
    of_gradient: list[Told] = [(each, per_action, None), (norm, length(gradient), None)]
    return Transition(
        batch_id=batch.id,
        loss=loss.name,
        row=row,
        step=step,
        chosen_from=viewed.places.count,
        note=alone(batch, loss),
        terms=_term_values(case, step, [*of_terms, *of_gradient]),
    )


def _term_values(case: Case, step: int, values: Iterable[Told]) -> list[TermValue]:
    """Terms with their values, each formula with the numbers before it: step, config, and terms that are one number."""
    known: dict[str, Value] = {"t": step, **{name: getattr(case.cfg, name) for name in vars(case.cfg)}}
    result: list[TermValue] = []
    for term, tensor, real in values:
        value = plain(tensor)
        if real is not None and value is not None:
            value = [number if counts else None for number, counts in zip(value, real, strict=True)]
        by_name = None if value is None else latex_of(term.formula, known, numbers=False)
        with_numbers = None if value is None else latex_of(term.formula, known)
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
            known[term.name] = value
    return result


def meant(term: TermInfo, here: Any) -> list[bool] | None:
    """Which of the numbers of a term are no placeholders; None where all are numbers."""
    return plain(getattr(here, term.where)) if term.where else None


def chosen_place(viewed: Viewed, evaluated: Evaluated) -> tuple[int, int]:
    """Row and step of the one transition in view, or of that where the viewed term is farthest from zero.

    Of a view with transitions of the slice, one of these; of a view with none, any.
    """
    if viewed.count == 1:
        return viewed.rows[0], viewed.steps[0]
    places = viewed.places if viewed.places.count else Places(viewed.rows, viewed.steps)
    values = viewed.values(evaluated)
    if values is None:
        return places.of(0)
    placeholder = viewed.placeholders(evaluated)
    meant = values if placeholder is None else values.masked_fill(placeholder, 0)
    return places.of(farthest_from_zero(places.pick(meant)))


def farthest_from_zero(values: Tensor) -> int:
    """Index of the value to look at first: NaN, then the largest magnitude; the first one on ties."""
    size = values.to(torch.float64).abs().nan_to_num(nan=torch.inf, posinf=torch.finfo(torch.float64).max)
    return int(size.argmax())
