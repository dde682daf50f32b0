"""The overview of a batch's losses."""

from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.evaluate.batch_evaluation import Requirements, evaluate_batch
from mouse_dashboard.evaluate.renderer import FigureRenderer
from mouse_dashboard.overview.leads import leads
from mouse_dashboard.overview.models import Overview


def overview(context: EvaluationContext) -> Overview:
    """Evaluate the losses of the context with their gradients, and list what to look at first.

    Raises:
        ApiError: time is up.
    """
    evaluation = evaluate_batch(context, Requirements({}, gradients=frozenset(context.configs)))
    numbers = evaluation.numbers()
    return Overview(**dict(numbers), leads=leads(evaluation, numbers, FigureRenderer(evaluation)))
