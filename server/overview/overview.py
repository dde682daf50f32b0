"""The losses of a batch at first sight."""

from mouse.losses import LOSSES
from server.answer import numbers_of
from server.case import Batch
from server.drawing import Drawing
from server.evaluation import Evaluator
from server.overview.leads import leads
from server.overview.models import Overview, OverviewRequest
from server.scene import Stage, Wanted
from server.viewed import given
from server.work import Ticket

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
