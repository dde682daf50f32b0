"""The figures of one evaluation: each gets what it is of, from the very terms whose numbers stand beside it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse_dashboard.case import Case
from mouse_dashboard.errors import ApiError
from mouse_dashboard.evaluation import Evaluated, Evaluator
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import Drawn, Need, TermSlice, either, floats
from mouse_dashboard.figures.parts import BothPart, LossPart, RowPart, TransitionPart
from mouse_dashboard.figures.worst import WORST
from mouse_dashboard.gradients import row_gradient
from mouse_dashboard.requests import FigureRequest
from mouse_dashboard.results import FigureResult, FigureTable, PlotlyFigure
from mouse_dashboard.scene import Scene
from mouse_dashboard.stage_one import inputs_at, stage_one
from mouse_dashboard.terms_at import terms_at
from mouse_dashboard.transition import chosen_place
from mouse_dashboard.viewed import Viewed, find
from mouse_dashboard.work import Ticket


def check_kind(request: FigureRequest, name: str) -> None:
    """A figure needs terms that not every loss has.

    Raises:
        ApiError: 422 naming the field.
    """
    loss = LOSSES[request.loss]
    figure = FIGURES.get(request.kind)
    if figure is None or not figure.fits(loss):
        kinds = ", ".join(kind for kind, figure in FIGURES.items() if figure.fits(loss))
        message = f"{name}: found {request.kind[:40]!r}, expected a figure of {loss.name}: {kinds}; pick one of them."
        raise ApiError(422, "unknown_figure", message, name)


@dataclass(frozen=True)
class Drawing:
    """Draws figures of one evaluation, beside what is pinned."""

    live: Scene
    pinned: Scene | None
    evaluator: Evaluator
    ticket: Ticket
    brief: bool = False
    _transitions: dict[tuple[str, int, int], Any] = field(default_factory=dict[tuple[str, int, int], Any])
    """Terms of the transitions that were drawn already."""

    def result(self, request: FigureRequest, viewed: Viewed) -> FigureResult:
        """One figure, or the reason why there is none."""
        result = FigureResult(
            kind=request.kind,
            loss=request.loss,
            term=request.term,
            rows=viewed.rows,
            steps=viewed.steps,
            side=request.side,
            cell=None,
            note="",
            figure=None,
            table=None,
        )
        outcome = self.live.outcomes[request.loss]
        if not isinstance(outcome, Evaluated):
            return result.model_copy(update={"note": "The loss cannot run on this batch."})
        if outcome.every > 1:
            return result.model_copy(update={"note": "Drawn anew when the slider rests."})
        if FIGURES[request.kind].need in {"loss", "both"} and not viewed.places.count:
            return result.model_copy(update={"note": "Nothing in view belongs to the slice."})
        part = self._part(FIGURES[request.kind].need, request, viewed, outcome)
        if isinstance(part, str):
            return result.model_copy(update={"note": part})
        return result.model_copy(update=told(FIGURES[request.kind].make(part)))

    def loss_part(self, name: str) -> LossPart | None:
        """A loss over the whole batch; None when it cannot run."""
        outcome = self.live.outcomes[name]
        if not isinstance(outcome, Evaluated):
            return None
        request = FigureRequest(kind=WORST.name, loss=name, term="loss")
        viewed = find(request, self.live.batch, self.live.configs)
        return self._part(WORST.need, request, viewed, outcome)

    def _part(self, need: Need, request: FigureRequest, viewed: Viewed, evaluated: Evaluated) -> Any:
        """What a figure is of; in words why there is nothing."""
        parts: dict[Need, Callable[[], Any]] = {
            "term": lambda: self._term(request, viewed, evaluated),
            "loss": lambda: self._loss(viewed, self.live, evaluated),
            "both": lambda: self._both(viewed, evaluated),
            "row": lambda: self._row(viewed, evaluated),
            "transition": lambda: self._transition(viewed, evaluated),
        }
        return parts[need]()

    def _term(self, request: FigureRequest, viewed: Viewed, evaluated: Evaluated) -> TermSlice | str:
        values = viewed.values(evaluated)
        if values is None:
            return f"{viewed.term.name} is off under this config."
        outside = None if viewed.chosen is None else ~viewed.chosen.within(viewed.rows, viewed.steps)
        own = TermSlice(
            viewed.term, values, viewed.rows, viewed.steps, viewed.component, request.pool, outside, brief=self.brief
        )
        own = replace(own, placeholder=viewed.placeholders(evaluated), colours=request.colours)
        pinned, why = self._pinned_values(viewed)
        if pinned is not None and self.pinned is not None:
            other = cast("Evaluated", self.pinned.outcomes[viewed.loss.name])
            own = replace(own, pinned_placeholder=viewed.placeholders(other))
        return beside(own, request.side, pinned, why)

    def _pinned_values(self, viewed: Viewed) -> tuple[Tensor | None, str]:
        """The same view of what is pinned, or in words why there is none."""
        if self.pinned is None:
            return None, "Nothing is pinned."
        other = self.pinned.outcomes.get(viewed.loss.name)
        if not isinstance(other, Evaluated):
            return None, f"{viewed.loss.title} cannot run on what is pinned."
        if self.pinned.batch.shape != self.live.batch.shape:
            return None, "The pinned batch has another shape: there is no transition to compare with."
        values = viewed.values(other)
        return values, "" if values is not None else f"{viewed.term.name} is off under the pinned config."

    def _both(self, viewed: Viewed, evaluated: Evaluated) -> BothPart | str:
        values, why = self._pinned_values(viewed)
        if values is None or self.pinned is None:
            return why
        other = cast("Evaluated", self.pinned.outcomes[viewed.loss.name])
        return BothPart(self._loss(viewed, self.live, evaluated), self._loss(viewed, self.pinned, other))

    def _loss(self, viewed: Viewed, scene: Scene, evaluated: Evaluated) -> LossPart:
        loss, places, case = viewed.loss, viewed.places, self._case(viewed.loss, scene)
        return LossPart(
            loss,
            {name: places.take(values) for name, values in _narrow(loss, evaluated).items()},
            places,
            self.evaluator.groupings(self.live.batch),
            case.cfg,
            {name: cast("Tensor", scene.batch.out[name]) for name in loss.heads},
            lambda: float(loss.mean(terms_at(loss, evaluated, places))),
            lambda rows, steps: self._inputs_at(case, rows, steps),
        )

    def _row(self, viewed: Viewed, evaluated: Evaluated) -> RowPart:
        row, step = chosen_place(viewed, evaluated)
        terms = {name: values[row] for name, values in _narrow(viewed.loss, evaluated).items()}
        wide = self._row_terms(viewed.loss, row)
        return RowPart(viewed.loss, terms, row, step, wide, self._gradient(viewed.loss, evaluated, row))

    def _transition(self, viewed: Viewed, evaluated: Evaluated) -> TransitionPart:
        loss = viewed.loss
        row, step = chosen_place(viewed, evaluated)
        key = (loss.name, row, step)
        if key not in self._transitions:
            self._transitions[key] = self._row_terms(loss, row)()[step]
        heads, heads_next = (self._heads(loss, row, at) for at in (step, step + 1))
        q_star = cast("Tensor | None", self.live.batch.step_stream.get("q_star", None))
        return TransitionPart(
            loss,
            self._transitions[key],
            heads,
            heads_next,
            None if q_star is None else q_star[row],
            row,
            step,
            self.live.configs[loss.name],
            self._gradient(loss, evaluated, row),
            partial(self._inputs_at, self._case(loss), torch.tensor([row]), torch.tensor([step])),
        )

    def _heads(self, loss: AnyLoss, row: int, step: int) -> dict[str, Tensor]:
        heads = {name: cast("Tensor", self.live.batch.out[name]) for name in loss.heads}
        return {name: values[row, step] for name, values in heads.items() if step < values.shape[1]}

    def _row_terms(self, loss: AnyLoss, row: int) -> Callable[[], Any]:
        return lambda: self.evaluator.row_terms(self._case(loss), row, self.ticket)

    def _gradient(self, loss: AnyLoss, evaluated: Evaluated, row: int) -> Callable[[str], Tensor]:
        return lambda term: row_gradient(evaluated, self._case(loss), row, term)

    def _inputs_at(self, case: Case, rows: Tensor, steps: Tensor) -> Any:
        return inputs_at(stage_one(case, self.evaluator.kept, self.ticket).blocks, rows, steps)

    def _case(self, loss: AnyLoss, scene: Scene | None = None) -> Case:
        scene = scene or self.live
        return Case(scene.batch, loss, scene.configs[loss.name])


def beside(own: TermSlice, side: str, pinned: Tensor | None, why: str) -> TermSlice | str:
    """What one side of a comparison shows: the live values, beside them or instead of them those that are pinned."""
    if side == "live":
        return replace(own, pinned=pinned)
    if pinned is None:
        return why
    if side == "pinned":
        return replace(own, values=pinned, placeholder=own.pinned_placeholder, side=side)
    meaningless = either(own.placeholder, own.pinned_placeholder)
    return replace(own, values=difference(own.values, pinned), placeholder=meaningless, side=side)


def difference(live: Tensor, pinned: Tensor) -> Tensor:
    """Live minus pinned, in float32 or wider."""
    return floats(live) - floats(pinned)


def _narrow(loss: AnyLoss, evaluated: Evaluated) -> dict[str, Tensor]:
    """The terms that have no third dimension and are on."""
    names = [term.name for term in loss.term_infos if len(term.dims) == 2]
    values: dict[str, Tensor | None] = {name: getattr(evaluated.terms, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def told(drawn: Drawn) -> dict[str, Any]:
    """What a drawn figure changes in its result."""
    return {
        "note": drawn.note,
        "cell": drawn.cell,
        "figure": PlotlyFigure(data=drawn.data, layout=drawn.layout) if drawn.data else None,
        "table": FigureTable.model_validate(asdict(drawn.table)) if drawn.table else None,
    }
