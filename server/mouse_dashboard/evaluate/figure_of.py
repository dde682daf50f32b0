"""Draw a dashboard figure without the dashboard: for a notebook, a logger or a file."""

from collections.abc import Mapping
from typing import Any

from plotly.graph_objects import Figure
from tensordict import TensorDictBase

from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse.losses.registered import all_losses
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.evaluate.service import evaluate_request
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.encoding import plot_text
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import EvaluateRequest, FigureRequest
from mouse_dashboard.schema.results import PlotlyFigure

PATIENCE_SECONDS = 3600.0
HEIGHT = 320
MARGIN = {"t": 104, "b": 48}
"""Pixels for title and axis, which the page writes beside a figure and so its heights do not hold."""


def figure_of(  # noqa: PLR0913  what the page asks for a figure
    step_stream: TensorDictBase,
    out: TensorDictBase,
    configs: Mapping[str, LossConfig],
    kind: str,
    *,
    loss: str | None = None,
    term: str = "loss",
    **view: Any,
) -> Figure:
    """Draw what the page draws, from the same evaluation. The subtitle is the note that the page writes beside it.

    Shapes: ``step_stream``, ``out`` [B, S].

    Args:
        step_stream: the batch.
        out: the model's output on it.
        configs: config of each loss, by its name.
        kind: name of a figure: one of `mouse_dashboard.figures.FIGURES`.
        loss: name of the loss; the first one of `configs` by default.
        term: name of one of its terms, for figures of a term.
        view: what else the page asks for: ``rows``, ``steps``, ``component``, ``pool``, ``colours``.

    Raises:
        ValueError: there is no such figure, it cannot be drawn of this batch, or it is a table; the message says why.
    """
    losses_of(configs)  # refuses a config alone in a sentence
    if not configs:
        raise ValueError(f"configs: found none, expected at least one of {', '.join(all_losses())}.")
    loss = loss or next(iter(configs), "")
    request = EvaluateRequest(configs={}, figures=[FigureRequest(kind=kind, loss=loss, term=term, **view)])
    batch = Batch("", step_stream, out)
    context = EvaluationContext(batch, configs, Evaluator(0, all_losses()), CancelToken(PATIENCE_SECONDS))
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
    return _with_title(drawn.figure, FIGURES[kind].title, drawn.note)


def _with_title(drawn: PlotlyFigure, title: str, note: str) -> Figure:
    text = {"text": plot_text(title), "subtitle": {"text": plot_text(note)}}
    height = drawn.layout.get("height", HEIGHT) + sum(MARGIN.values())
    layout = {"title": {**text, "y": 1, "yanchor": "top", "pad": {"t": 16}}, "margin": MARGIN, "height": height}
    return Figure(drawn.data, {**drawn.layout, **layout})
