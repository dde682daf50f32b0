"""From a request to its answer: one evaluation whose numbers and figures belong together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.combined import total_of, weigh
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from server.errors import ApiError, ErrorBody, batch_error_body
from server.evaluation import Batch, Evaluated, Evaluator, Wide
from server.figures import FIGURES
from server.figures.figure import TermSlice
from server.models import (
    EvaluateRequest,
    Evaluation,
    FigureRequest,
    FigureResult,
    Health,
    LossResult,
    PlotlyFigure,
    View,
    chosen,
)
from server.work import Ticket


@dataclass(frozen=True)
class Failed:
    """A loss that cannot run on this batch, and why."""

    error: ErrorBody


Outcome = Evaluated | Failed


def evaluate_request(batch: Batch, request: EvaluateRequest, evaluator: Evaluator, ticket: Ticket) -> Evaluation:
    """Evaluate the requested losses together and draw the requested figures from the same terms.

    Raises:
        ApiError: a figure asks for a loss, term, component or range that does not exist, or time is up.
    """
    configs = chosen(request.configs)
    if not configs:
        raise ApiError(422, "no_loss", f"configs: found none, expected at least one of {', '.join(LOSSES)}.", "configs")
    for index, figure in enumerate(request.figures):
        find_term(figure, configs, f"figures.{index}")
    evaluate = partial(evaluator.evaluate, batch, ticket=ticket)
    outcomes = {name: _outcome(batch, name, cfg, request.figures, evaluate) for name, cfg in configs.items()}
    done = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Evaluated)}
    weighted = weigh({name: evaluated.mean for name, evaluated in done.items()}, configs)
    total = total_of(weighted) if len(done) == len(configs) else None
    return Evaluation(
        batch_id=batch.id,
        total=None if total is None else float(total),
        losses={
            name: _loss_result(name, outcome, configs[name], weighted, total) for name, outcome in outcomes.items()
        },
        figures=[
            _figure_result(figure, outcomes[figure.loss], batch, f"figures.{index}")
            for index, figure in enumerate(request.figures)
        ],
    )


def find_term(view: View, configs: Mapping[str, LossConfig], field: str) -> tuple[AnyLoss, TermInfo]:
    """Return the loss and the term that a view names.

    Raises:
        ApiError: 422 naming the field.
    """
    if view.loss not in configs:
        raise ApiError(
            422,
            "unknown_loss",
            f"{field}.loss: found {view.loss[:40]!r}, expected one of the configs given: "
            f"{', '.join(configs) or 'none'}; add its config.",
            f"{field}.loss",
        )
    loss = LOSSES[view.loss]
    for term in loss.term_infos:
        if term.name == view.term:
            return loss, term
    names = ", ".join(term.name for term in loss.term_infos)
    raise ApiError(
        422,
        "unknown_term",
        f"{field}.term: found {view.term[:40]!r}, expected a term of {loss.name}: {names}.",
        f"{field}.term",
    )


def wide_of(figures: list[FigureRequest], loss: str) -> set[Wide]:
    """Return the components of three-dimensional terms that the figures of a loss show."""
    wide = {term.name for term in LOSSES[loss].term_infos if len(term.dims) > 2}
    return {(figure.term, figure.component) for figure in figures if figure.loss == loss and figure.term in wide}


def visible(view: View, shape: tuple[int, int], field: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return rows and steps of a view, checked against ``[rows, steps]``.

    Raises:
        ApiError: 422 naming the range that is empty or outside.
    """
    return (
        _within(view.rows, shape[0], f"{field}.rows"),
        _within(view.steps, shape[1], f"{field}.steps"),
    )


def _within(wanted: tuple[int, int] | None, size: int, field: str) -> tuple[int, int]:
    start, stop = wanted or (0, size)
    if not 0 <= start < stop <= size:
        raise ApiError(
            422,
            "bad_range",
            f"{field}: found {start} to {stop}, expected a non-empty part of 0 to {size}; the end is exclusive.",
            field,
        )
    return start, stop


def _outcome(
    batch: Batch, name: str, cfg: LossConfig, figures: list[FigureRequest], evaluate: Callable[..., Evaluated]
) -> Outcome:
    wide = wide_of(figures, name)
    try:
        _check_components(batch, LOSSES[name], wide)
        return evaluate(LOSSES[name], cfg, wide)
    except (BatchError, MissingFieldError) as error:
        return Failed(batch_error_body(error))


def _check_components(batch: Batch, loss: AnyLoss, wide: set[Wide]) -> None:
    """A component is an action or a dimension of the head."""
    head = cast("Tensor | None", batch.out.get(loss.heads[0], None))
    if head is None:
        return  # the loss itself says that its head is missing
    dims = {term.name: term.dims[2] for term in loss.term_infos if len(term.dims) > 2}
    for term, component in wide:
        size = head.shape[{"action": 2, "dim": 3}[dims[term]]]
        if component >= size:
            raise ApiError(
                422,
                "bad_component",
                f"component: found {component}, expected 0 to {size - 1}, the {dims[term]}s of {term}.",
                "component",
            )


def _loss_result(
    name: str, outcome: Outcome, cfg: LossConfig, weighted: Mapping[str, Tensor], total: Tensor | None
) -> LossResult:
    if isinstance(outcome, Failed):
        return LossResult(
            loss=None,
            weight=cfg.weight,
            weighted=None,
            share=None,
            metrics={},
            health=[],
            off=[],
            note="",
            error=outcome.error,
        )
    return LossResult(
        loss=float(outcome.mean),
        weight=cfg.weight,
        weighted=float(weighted[name]),
        share=None if total is None else float(weighted[name] / total),
        metrics=outcome.metrics,
        health=[health for term in LOSSES[name].term_infos if (health := _health(term, outcome))],
        off=[term.name for term in LOSSES[name].term_infos if _is_off(term, outcome)],
        note=_blocks_note(outcome),
        error=None,
    )


def _blocks_note(outcome: Evaluated) -> str:
    if outcome.blocks == 1:
        return ""
    return f"Computed in {outcome.blocks} blocks of sequences; last bits may differ from one call on the whole batch."


def _is_off(term: TermInfo, outcome: Evaluated) -> bool:
    return len(term.dims) == 2 and getattr(outcome.terms, term.name) is None


def _health(term: TermInfo, outcome: Evaluated) -> Health | None:
    """Counts of what is not finite; None for what cannot be: other dimensions, other dtypes, terms that are off."""
    values: Tensor | None = getattr(outcome.terms, term.name) if len(term.dims) == 2 else None
    if values is None or not values.is_floating_point():
        return None
    nan = pos = neg = 0
    if not bool(values.sum().isfinite()):  # a finite sum has only finite parts, and is quick to take
        nan, pos, neg = (int(mask.sum()) for mask in (values.isnan(), values == torch.inf, values == -torch.inf))
    return Health(term=term.name, nan=nan, pos_inf=pos, neg_inf=neg, numel=values.numel())


def _figure_result(request: FigureRequest, outcome: Outcome, batch: Batch, field: str) -> FigureResult:
    _, term = find_term(request, {request.loss: LOSSES[request.loss].config()}, field)
    rows, steps = batch.shape
    shown_rows, shown_steps = visible(request, (rows, steps - 1 if term.dims[1] == "time" else steps), field)
    result = FigureResult(
        kind=request.kind,
        loss=request.loss,
        term=request.term,
        rows=shown_rows,
        steps=shown_steps,
        cell=None,
        note="",
        figure=None,
    )
    if isinstance(outcome, Failed):
        return result.model_copy(update={"note": "The loss cannot run on this batch."})
    values = outcome.values(term, request.component)
    if values is None:
        return result.model_copy(update={"note": f"{term.name} is off under this config."})
    part = TermSlice(
        term, values[slice(*shown_rows), slice(*shown_steps)], shown_rows, shown_steps, request.component, request.pool
    )
    drawn = FIGURES[request.kind].make(part)
    figure = PlotlyFigure(data=drawn.data, layout=drawn.layout)
    return result.model_copy(update={"note": drawn.note, "cell": drawn.cell, "figure": figure})
