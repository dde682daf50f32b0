"""Render the figures of one evaluation, from the same terms as its numbers."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, cast
from weakref import ref

import torch
from torch import Tensor

from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.batch_loss import TracedLoss, align_terms, term_value
from mouse_dashboard.compute.cache import CacheKey
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.gradients import row_gradient
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.compute.select_terms import select_terms
from mouse_dashboard.compute.stage_one import inputs_at, stage_one
from mouse_dashboard.evaluate.batch_evaluation import BatchEvaluation
from mouse_dashboard.evaluate.transition import select_place, terms_at
from mouse_dashboard.evaluate.view import ResolvedView, resolve_view
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import FigureOutput, TermSlice, floats, mask_or
from mouse_dashboard.figures.inputs import BothInput, LossInput, RowInput, TransitionInput
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import FigureRequest, View
from mouse_dashboard.schema.results import FigureResult, FigureTable, PlotlyFigure

FIGURE_BYTES = 500_000
"""Bytes that a figure of a term takes at most, roughly."""
WAITS = "Drawn again when the slider rests."


def check_kind(loss: AnyLoss, kind: str, field_name: str) -> None:
    """Check that the loss has the terms that the figure needs.

    Raises:
        ApiError: 422 naming the field.
    """
    figure = FIGURES.get(kind)
    if figure is None or not figure.fits(loss):
        kinds = ", ".join(known for known, figure in FIGURES.items() if figure.fits(loss))
        message = f"{field_name}: found {kind[:40]!r}, expected a figure of {loss.name}: {kinds}; pick one of them."
        raise ApiError(422, "unknown_figure", message, field_name)


@dataclass(frozen=True)
class FigureRenderer:
    """Draws figures of one evaluation, compared with the pinned one."""

    live: BatchEvaluation
    pinned: BatchEvaluation | None = None
    brief: bool = False
    """Whether to leave out what is only seen by pointing at a figure."""
    _transitions: dict[tuple[str, int, int], Any] = field(default_factory=dict[tuple[str, int, int], Any])
    """Terms of the transitions that were drawn already."""
    _estimates: dict[Any, LossEvaluation] = field(default_factory=dict[Any, LossEvaluation])
    """Of losses that are estimated, those of the sequences in view."""

    def render(self, request: FigureRequest, view: ResolvedView) -> FigureResult:
        """Render one figure, or why there is none; a figure of a term is cached while the evaluations are the same."""
        sides = [each.evaluated(request.loss) for each in (self.live, self.pinned) if each is not None]
        shown = [evaluated for evaluated in sides if evaluated is not None]
        if FIGURES[request.kind].scope != "term" or view.slice is not None or len(shown) < len(sides):
            return self._render(request, view)
        context = self.live.context
        key = CacheKey(context.batch.id, request.loss, "figure", (request.model_dump_json(), self.brief, len(shown)))
        last: tuple[list[ref[LossEvaluation]], FigureResult] | None = context.cache.get(key)
        if last is not None and all(of() is evaluated for of, evaluated in zip(last[0], shown, strict=True)):
            return last[1]
        result = self._render(request, view)
        context.cache.put(key, ([ref(evaluated) for evaluated in shown], result), FIGURE_BYTES)
        return result

    def _render(self, request: FigureRequest, view: ResolvedView) -> FigureResult:
        drawn = self._draw(request, view)
        fields = to_result_fields(FigureOutput(drawn) if isinstance(drawn, str) else drawn)
        return FigureResult(
            kind=request.kind,
            loss=request.loss,
            term=request.term,
            rows=view.rows,
            steps=view.steps,
            side=request.side,
            **fields,
        )

    def loss_input(self, name: str) -> LossInput | None:
        """A loss over the whole batch; None if it cannot run."""
        evaluated = self.live.evaluated(name)
        if evaluated is None or evaluated.terms.loss is None:
            return None
        return self._loss(resolve_view(View(loss=name, term="loss"), self.live.context), self.live, evaluated)

    def _draw(self, request: FigureRequest, view: ResolvedView) -> FigureOutput | str:
        """The figure, or a sentence why there is nothing to draw."""
        figure, evaluated = FIGURES[request.kind], self.live.evaluated(request.loss)
        if evaluated is None:
            return "The loss has no value on this batch."
        if evaluated.rows is not None and (figure.scope != "term" or view.needs_gradient):
            return WAITS
        match figure.scope:
            case "term":
                part = self._term(request, view, self._for_view(view, evaluated))
            case "loss" | "both" if not view.selection.count:
                part = "Nothing in view belongs to the slice."
            case "loss" | "both" if evaluated.terms.loss is None:
                part = view.loss.note if isinstance(view.loss, TracedLoss) else ""
            case "loss":
                part = self._loss(view, self.live, evaluated)
            case "both":
                part = self._both(view, evaluated)
            case "row":
                part = self._row(view, evaluated)
            case "transition":
                part = self._transition(view, evaluated)
        if isinstance(part, str):
            return part
        drawn = figure.make(part)
        return _estimated(drawn, part) if evaluated.rows is not None and isinstance(part, TermSlice) else drawn

    def _for_view(self, view: ResolvedView, evaluated: LossEvaluation) -> LossEvaluation:
        """Re-estimate for the view, with about as many sequences: all of them if the view has few."""
        if evaluated.rows is None:
            return evaluated
        first, end = view.rows
        rows = slice(first, end, -(-(end - first) * evaluated.stride // self.live.context.batch.shape[0]))
        if rows == evaluated.rows:
            return evaluated
        key = (view.loss.name, rows.indices(end), view.components)
        if key not in self._estimates:
            context = self.live.context
            job = context.job(view.loss.name)
            self._estimates[key] = context.evaluator.evaluate_rows(job, rows, view.components, context.token)
        return self._estimates[key]

    def _term(self, request: FigureRequest, view: ResolvedView, evaluated: LossEvaluation) -> TermSlice | str:
        values = view.values(evaluated)
        if values is None:
            name = view.term.name
            return f"The batch has no {name}." if view.term.is_field else f"{name} is off under this config."
        part = TermSlice(
            view.term,
            values,
            view.rows,
            view.steps,
            view.component,
            request.pool,
            outside=None if view.slice is None else ~view.slice.within(view.rows, view.steps)[:: evaluated.stride],
            brief=self.brief,
            placeholder=view.placeholders(evaluated),
            colours=request.colours,
            fold=view.last_step == 1 and view.term.unit != "sequence",
            stride=evaluated.stride,
        )
        return apply_comparison(part, request.side, self._pinned(view), view)

    def _pinned(self, view: ResolvedView) -> LossEvaluation | str:
        """The pinned loss, or a sentence why there is nothing to compare with."""
        if self.pinned is None:
            return "Nothing is pinned."
        evaluated = self.pinned.evaluated(view.loss.name)
        if evaluated is None:
            return f"{view.loss.title} cannot run on what is pinned."
        if self.pinned.context.batch.shape != self.live.context.batch.shape:
            return "The pinned batch has another shape: there is no transition to compare with."
        return evaluated

    def _both(self, view: ResolvedView, evaluated: LossEvaluation) -> BothInput | str:
        pinned = self._pinned(view)
        if isinstance(pinned, str) or self.pinned is None:
            return str(pinned)
        if view.values(pinned) is None:
            return _off_when_pinned(view)
        return BothInput(self._loss(view, self.live, evaluated), self._loss(view, self.pinned, pinned))

    def _loss(self, view: ResolvedView, whole: BatchEvaluation, evaluated: LossEvaluation) -> LossInput:
        loss, selection, context = view.loss, view.selection, whole.context
        job = context.job(loss.name)
        return LossInput(
            loss,
            {name: selection.take(values) for name, values in _narrow(loss, evaluated).items()},
            selection,
            context.evaluator.groupings(self.live.context.batch),
            job.cfg,
            {name: cast("Tensor", context.batch.out[name]) for name in loss.heads},
            lambda: float(loss.mean(select_terms(loss, evaluated, selection))),
            partial(_inputs_at, context, job),
        )

    def _row(self, view: ResolvedView, evaluated: LossEvaluation) -> RowInput:
        row, step = select_place(view, evaluated)
        terms = {name: values[row] for name, values in _narrow(view.loss, evaluated).items()}
        return RowInput(
            view.loss, terms, row, step, self._row_terms(view.loss, row), self._gradient(view.loss, evaluated, row)
        )

    def _transition(self, view: ResolvedView, evaluated: LossEvaluation) -> TransitionInput:
        loss, context = view.loss, self.live.context
        row, step = select_place(view, evaluated)
        key = (loss.name, row, step)
        if key not in self._transitions:
            self._transitions[key] = terms_at(self._row_terms(loss, row)(), step)
        heads, heads_next = (self._heads(loss, row, at) for at in (step, step + 1))
        q_star = cast("Tensor | None", context.batch.step_stream.get("q_star", None))
        job = context.job(loss.name)
        return TransitionInput(
            loss,
            self._transitions[key],
            heads,
            heads_next,
            None if q_star is None else q_star[row],
            row,
            step,
            job.cfg,
            self._gradient(loss, evaluated, row),
            partial(_inputs_at, context, job, torch.tensor([row]), torch.tensor([step])),
        )

    def _heads(self, loss: AnyLoss, row: int, step: int) -> dict[str, Tensor]:
        heads = {name: cast("Tensor", self.live.context.batch.out[name]) for name in loss.heads}
        return {name: values[row, step] for name, values in heads.items() if step < values.shape[1]}

    def _row_terms(self, loss: AnyLoss, row: int) -> Callable[[], Any]:
        context = self.live.context
        return lambda: context.evaluator.row_terms(context.job(loss.name), row, context.token)

    def _gradient(self, loss: AnyLoss, evaluated: LossEvaluation, row: int) -> Callable[[str], Tensor]:
        return lambda term: row_gradient(evaluated, self.live.context.job(loss.name), row, term)


def _estimated(drawn: FigureOutput, part: TermSlice) -> FigureOutput:
    note = f"Estimated from 1 of {part.stride} sequences: {drawn.note}" if part.stride > 1 else drawn.note
    return replace(drawn, note=note, estimated=True)


def apply_comparison(part: TermSlice, side: str, pinned: LossEvaluation | str, view: ResolvedView) -> TermSlice | str:
    """The values that one side of a comparison shows: live, pinned, or both."""
    if isinstance(pinned, str):
        return part if side == "live" else pinned
    whole, placeholder = view.values(pinned), view.placeholders(pinned)
    if whole is None:
        return part if side == "live" else _off_when_pinned(view)
    values = whole[:: part.stride]
    placeholder = None if placeholder is None else placeholder[:: part.stride]
    if side == "live":
        return replace(part, pinned=values, pinned_placeholder=placeholder)
    if side == "pinned":
        return replace(part, values=values, placeholder=placeholder, side=side)
    difference = floats(part.values) - floats(values)  # in float32 or wider
    return replace(part, values=difference, placeholder=mask_or(part.placeholder, placeholder), side=side)


def to_result_fields(drawn: FigureOutput) -> dict[str, Any]:
    """The result fields that a drawn figure sets."""
    return {
        "note": drawn.note,
        "estimated": drawn.estimated,
        "cell": drawn.cell,
        "fold": drawn.fold,
        "figure": PlotlyFigure(data=drawn.data, layout=drawn.layout) if drawn.data else None,
        "table": FigureTable.model_validate(asdict(drawn.table)) if drawn.table else None,
    }


def _off_when_pinned(view: ResolvedView) -> str:
    return f"{view.term.name} is off under the pinned config."


def _inputs_at(context: EvaluationContext, job: LossJob, rows: Tensor, steps: Tensor) -> Any:
    return inputs_at(stage_one(job, context.cache, context.token).blocks, rows, steps)


def _narrow(loss: AnyLoss, evaluated: LossEvaluation) -> dict[str, Tensor]:
    """The terms without a third dimension that are on."""
    names = [term.name for term in loss.term_infos if len(term.dims) == 2]
    values: dict[str, Tensor | None] = {name: term_value(evaluated.terms, name) for name in names}
    there = {name: value for name, value in values.items() if value is not None}
    if not isinstance(loss, TracedLoss) or "loss" not in there:
        return there
    return align_terms(there, there["loss"].shape[1], loss.values.of_sequences)
