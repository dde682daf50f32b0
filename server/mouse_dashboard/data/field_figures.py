"""Draw a field of the batch with the figures of a term: map and histogram."""

from typing import cast

import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse.transition_batch import TRANSITION_FIELDS
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.data.comparable import to_comparable
from mouse_dashboard.data.fields import check_index, find_field
from mouse_dashboard.data.models import FieldFigures, FieldRequest
from mouse_dashboard.evaluate.renderer import to_result_fields
from mouse_dashboard.figures.figure import TermSlice
from mouse_dashboard.figures.histogram import HISTOGRAM
from mouse_dashboard.figures.term_map import TERM_MAP
from mouse_dashboard.schema.requests import check_range
from mouse_dashboard.schema.results import FigureResult

LOSS = "data"
"""What stands for the loss in figures that are of none."""
EXACT_IN_FLOAT32 = 1 << 24


def field_figures(batch: Batch, request: FieldRequest) -> FieldFigures:
    """Draw one component of a field over sequences and steps.

    Raises:
        ApiError: 422, no such field, component or range.
    """
    value = find_field(batch, request.group, request.name)
    index = check_index(request.index, value.shape[2:])
    rows = check_range(request.rows, batch.shape[0], "rows")
    steps = check_range(request.steps, batch.shape[1], "steps")
    if request.steps is None and batch.unordered and request.name in TRANSITION_FIELDS:
        steps = (1, 2)  # nothing led to the state that is left
    fold = batch.shape[1] == 1 or (batch.unordered and steps[1] - steps[0] == 1)
    label = f"{request.group}.{request.name}" + "".join(f"[{at}]" for at in index)
    shown = value[(slice(*rows), slice(*steps), *index)]
    empty = FigureResult(
        kind="map",
        loss=LOSS,
        term=label,
        rows=rows,
        steps=steps,
        side="live",
        cell=None,
        note="",
        figure=None,
        table=None,
    )
    signed = False
    if shown.is_complex():
        figures = [empty.model_copy(update={"note": "Complex numbers are not drawn."})]
    else:
        shown = _exact(to_comparable(shown))
        signed = bool((shown < 0).any())
        term = TermInfo("", "Field of the batch.", signed, name=label, dims=("batch", "step"))
        part = TermSlice(term, shown, rows, steps, 0, request.pool, colours=request.colours, fold=fold)
        figures = [
            empty.model_copy(update={"kind": figure.name, **to_result_fields(figure.make(part))})
            for figure in (TERM_MAP, HISTOGRAM)
        ]
    return FieldFigures(group=request.group, name=request.name, index=index, signed=signed, figures=figures)


def _exact(values: Tensor) -> Tensor:
    """Figures hold float32: integers beyond its precision are passed as float64."""
    if values.is_floating_point() or values.dtype == torch.bool:
        return values
    low, high = (int(edge) for edge in cast("tuple[Tensor, Tensor]", values.aminmax()))
    return values.double() if max(-low, high) > EXACT_IN_FLOAT32 else values
