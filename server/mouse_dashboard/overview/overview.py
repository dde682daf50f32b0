"""The losses of a batch at first sight."""

from mouse.losses import LOSSES
from mouse_dashboard.answer import numbers_of
from mouse_dashboard.case import Batch
from mouse_dashboard.drawing import Drawing
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.overview.leads import leads
from mouse_dashboard.overview.models import Overview, OverviewRequest
from mouse_dashboard.scene import Stage, Wanted
from mouse_dashboard.viewed import given
from mouse_dashboard.work import Ticket

GRADIENT = Wanted(frozenset(), gradient=True)


def overview_request(batch: Batch, request: OverviewRequest, evaluator: Evaluator, ticket: Ticket) -> Overview:
    """Evaluate the requested losses with their gradients, and list what to look at first.

    Raises:
        ApiError: no loss was given, or time is up.
    """
    stage = Stage(evaluator, ticket, brief=False)
    scene = stage.scene(batch, given(request.configs), dict.fromkeys(LOSSES, GRADIENT), None)
    numbers = numbers_of(scene)
    return Overview(**dict(numbers), leads=leads(scene, numbers, Drawing(scene, None, evaluator, ticket)))
