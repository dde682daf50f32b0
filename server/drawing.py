"""The figures of one evaluation: each gets what it is of, from the very terms whose numbers stand beside it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from server.errors import ApiError, ErrorBody
from server.evaluation import Batch, Evaluated, Evaluator
from server.figures import FIGURES
from server.figures.figure import Drawn, Need, TermSlice
from server.figures.parts import LossPart, RowPart, TransitionPart
from server.models import FigureRequest, FigureResult, FigureTable, PlotlyFigure
from server.transition import chosen_place
from server.viewed import Viewed
from server.work import Ticket


@dataclass(frozen=True)
class Failed:
    """A loss that cannot run on this batch, and why."""

    error: ErrorBody


Outcome = Evaluated | Failed


def check_kind(request: FigureRequest, name: str) -> None:
    """A figure needs terms that not every loss has.

    Raises:
        ApiError: 422 naming the field.
    """
    loss = LOSSES[request.loss]
    if not FIGURES[request.kind].fits(loss):
        kinds = ", ".join(kind for kind, figure in FIGURES.items() if figure.fits(loss))
        message = f"{name}: found {request.kind!r}, expected a figure of {loss.name}: {kinds}; pick one of them."
        raise ApiError(422, "unknown_figure", message, name)


@dataclass(frozen=True)
class Drawing:
    """Draws figures of one batch under one set of configs."""

    batch: Batch
    configs: Mapping[str, LossConfig]
    evaluator: Evaluator
    ticket: Ticket
    _transitions: dict[tuple[str, int, int], Any] = field(default_factory=dict[tuple[str, int, int], Any])
    """Terms of the transitions that were drawn already."""

    def result(self, request: FigureRequest, viewed: Viewed, outcome: Outcome) -> FigureResult:
        """One figure, or the reason why there is none."""
        result = FigureResult(
            kind=request.kind,
            loss=request.loss,
            term=request.term,
            rows=viewed.rows,
            steps=viewed.steps,
            cell=None,
            note="",
            figure=None,
            table=None,
        )
        if isinstance(outcome, Failed):
            return result.model_copy(update={"note": "The loss cannot run on this batch."})
        part = self._part(FIGURES[request.kind].need, request, viewed, outcome)
        if part is None:
            return result.model_copy(update={"note": f"{viewed.term.name} is off under this config."})
        return result.model_copy(update=_told(FIGURES[request.kind].make(part)))

    def _part(self, need: Need, request: FigureRequest, viewed: Viewed, evaluated: Evaluated) -> Any:
        """What a figure is of; None when the term is off."""
        parts: dict[Need, Callable[[], Any]] = {
            "term": lambda: _term(request, viewed, evaluated),
            "loss": lambda: _loss(viewed, evaluated),
            "row": lambda: _row(viewed, evaluated),
            "transition": lambda: self._transition(viewed, evaluated),
        }
        return parts[need]()

    def _transition(self, viewed: Viewed, evaluated: Evaluated) -> TransitionPart:
        loss = viewed.loss
        row, step = chosen_place(viewed, lambda: evaluated)
        key = (loss.name, row, step)
        if key not in self._transitions:
            cfg = self.configs[loss.name]
            self._transitions[key] = self.evaluator.all_terms(self.batch, loss, cfg, (row, step), self.ticket)
        heads = {name: cast("Tensor", self.batch.out[name])[row, step] for name in loss.heads}
        return TransitionPart(loss, self._transitions[key], heads, row, step)


def _term(request: FigureRequest, viewed: Viewed, evaluated: Evaluated) -> TermSlice | None:
    values = viewed.values(evaluated)
    if values is None:
        return None
    return TermSlice(viewed.term, values, viewed.rows, viewed.steps, viewed.component, request.pool)


def _loss(viewed: Viewed, evaluated: Evaluated) -> LossPart:
    rows, steps = slice(*viewed.rows), slice(*viewed.steps)
    terms = {name: values[rows, steps] for name, values in _narrow(viewed.loss, evaluated).items()}
    return LossPart(viewed.loss, terms, viewed.rows, viewed.steps)


def _row(viewed: Viewed, evaluated: Evaluated) -> RowPart:
    row, step = chosen_place(viewed, lambda: evaluated)
    return RowPart(
        viewed.loss, {name: values[row] for name, values in _narrow(viewed.loss, evaluated).items()}, row, step
    )


def _narrow(loss: AnyLoss, evaluated: Evaluated) -> dict[str, Tensor]:
    """The terms that have no third dimension and are on."""
    names = [term.name for term in loss.term_infos if len(term.dims) == 2]
    values: dict[str, Tensor | None] = {name: getattr(evaluated.terms, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _told(drawn: Drawn) -> dict[str, Any]:
    """What a drawn figure changes in its result."""
    return {
        "note": drawn.note,
        "cell": drawn.cell,
        "figure": PlotlyFigure(data=drawn.data, layout=drawn.layout) if drawn.data else None,
        "table": FigureTable.model_validate(asdict(drawn.table)) if drawn.table else None,
    }
