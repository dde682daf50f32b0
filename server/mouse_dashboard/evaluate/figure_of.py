"""A figure of the dashboard without the dashboard: for a notebook, a logger or a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensordict import TensorDictBase

from mouse.losses import LOSSES
from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.evaluate.service import evaluate_request
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import EvaluateRequest, FigureRequest

PATIENCE_SECONDS = 3600.0
HEIGHT = 320
MARGIN = {"t": 104, "b": 48}
"""Pixels for title and axis, which the page writes beside a figure and so its heights do not hold."""
PLOTLY_MIME = "application/vnd.plotly.v1+json"


@dataclass(frozen=True)
class LossFigure:
    """A Plotly figure of a loss. Displays on its own in a notebook."""

    title: str
    note: str
    """What must be said beside it."""
    data: list[dict[str, Any]]
    layout: dict[str, Any]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title}: {self.note}>"

    def to_dict(self) -> dict[str, Any]:
        """``data`` and ``layout``, plain values for JSON: what `plotly.graph_objects.Figure` takes."""
        title = {"text": self.title, "subtitle": {"text": self.note}, "y": 1, "yanchor": "top", "pad": {"t": 16}}
        height = self.layout.get("height", HEIGHT) + sum(MARGIN.values())
        return {"data": self.data, "layout": {**self.layout, "title": title, "margin": MARGIN, "height": height}}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        """As plotly displays a figure here; where it is not installed, in Plotly's format alone."""
        bundle: dict[str, Any] = {"text/plain": f"{self.title}: {self.note}", PLOTLY_MIME: self.to_dict()}
        try:
            import plotly.graph_objects  # noqa: PLC0415
        except ModuleNotFoundError:
            return bundle
        figure: Any = plotly.graph_objects.Figure(self.to_dict())
        return bundle | figure._repr_mimebundle_(include, exclude)


def figure_of(  # noqa: PLR0913  what the page asks for a figure
    step_stream: TensorDictBase,
    out: TensorDictBase,
    configs: Mapping[str, LossConfig],
    kind: str,
    *,
    loss: str | None = None,
    term: str = "loss",
    **view: Any,
) -> LossFigure:
    """Draw what the page draws: the same evaluation, the same figure.

    Shapes: ``step_stream``, ``out`` [B, S].

    Args:
        step_stream: the batch.
        out: the model's output on it.
        configs: config of each loss, by its name.
        kind: name of a figure: one of `mouse_dashboard.figures.FIGURES`.
        loss: name of the loss; the first one of `configs` if not said.
        term: name of one of its terms, for figures of a term.
        view: what else the page asks for: ``rows``, ``steps``, ``component``, ``pool``, ``colours``.

    Raises:
        ValueError: there is no such figure, it cannot be drawn of this batch, or it is a table; the message says why.
    """
    losses_of(configs)  # refuses a config alone in a sentence
    if not configs:
        raise ValueError(f"configs: found none, expected at least one of {', '.join(LOSSES)}.")
    loss = loss or next(iter(configs), "")
    request = EvaluateRequest(configs={}, figures=[FigureRequest(kind=kind, loss=loss, term=term, **view)])
    batch = Batch("", step_stream, out)
    context = EvaluationContext(batch, configs, Evaluator(0), CancelToken(PATIENCE_SECONDS))
    try:
        evaluation = evaluate_request(context, request, lambda _id: batch)
    except ApiError as error:
        raise ValueError(str(error).replace("figures.0.", "")) from error
    (drawn,) = evaluation.figures
    failed = evaluation.losses[loss].error
    if failed is not None:
        raise ValueError(failed.message)
    if drawn.figure is None:
        raise ValueError(f"{kind}: {drawn.note if drawn.table is None else 'it is a table; the page shows it'}")
    return LossFigure(FIGURES[kind].title, drawn.note, drawn.figure.data, drawn.figure.layout)
