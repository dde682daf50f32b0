"""From a request to its response: resolve the views, evaluate the losses once, render numbers and figures from them."""

from collections.abc import Callable

from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.slices.slice import Slice, find_slice
from mouse_dashboard.evaluate.batch_evaluation import BatchEvaluation, Requirements, evaluate_batch
from mouse_dashboard.evaluate.doctor_slice import groupings_for
from mouse_dashboard.evaluate.renderer import FigureRenderer, check_kind
from mouse_dashboard.evaluate.view import resolve_view
from mouse_dashboard.schema.requests import EvaluateRequest, PinnedRequest
from mouse_dashboard.schema.results import Evaluation

OpenBatch = Callable[[str], Batch]


def evaluate_request(context: EvaluationContext, request: EvaluateRequest, open_batch: OpenBatch) -> Evaluation:
    """Evaluate the losses of the context and draw the requested figures from the same terms.

    `open_batch` opens a batch to compare with.

    Raises:
        ApiError: a figure asks for a loss, term, component, range or class that does not exist, or time is up.
    """
    slice_ = find_slice(request.slice, groupings_for(request.slice, context)) if request.slice else None
    views = [resolve_view(each, context, slice_, f"figures.{index}.") for index, each in enumerate(request.figures)]
    for index, (each, view) in enumerate(zip(request.figures, views, strict=True)):
        check_kind(view.loss, each.kind, f"figures.{index}.kind")
    requirements = Requirements.of(views)
    live = evaluate_batch(context, requirements, slice_, brief=request.brief)
    pinned = _pinned(request.pinned, live, requirements, open_batch) if request.pinned else None
    renderer = FigureRenderer(live, pinned, brief=request.brief)
    return Evaluation(
        **dict(live.numbers()),
        pinned=pinned and pinned.numbers(),
        figures=[renderer.render(each, view) for each, view in zip(request.figures, views, strict=True)],
    )


def _pinned(
    request: PinnedRequest, live: BatchEvaluation, requirements: Requirements, open_batch: OpenBatch
) -> BatchEvaluation:
    """The pinned view with the range and slice of the live one; a class unknown to its batch is empty."""
    context, slice_ = live.context, live.slice
    batch = context.batch
    if request.batch_id is not None and request.batch_id != batch.id:
        batch = open_batch(request.batch_id)
        if slice_ is not None:
            grouping = context.evaluator.groupings(batch).get(slice_.grouping.name)
            known = grouping is not None and slice_.value < len(grouping.labels)
            slice_ = Slice(grouping, slice_.value) if grouping is not None and known else None
    other = context.with_batch(batch, resolve_configs(request.configs, context.evaluator.losses, "pinned.configs"))
    return evaluate_batch(other, requirements, slice_, slot="pinned")
