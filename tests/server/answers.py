"""Answers of the service without HTTP."""

from mouse_dashboard.answer import evaluate_request
from mouse_dashboard.case import Batch
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.requests import EvaluateRequest
from mouse_dashboard.results import Evaluation
from mouse_dashboard.work import Ticket


def answered(batch: Batch, request: EvaluateRequest, *others: Batch, evaluator: Evaluator | None = None) -> Evaluation:
    """The answer to a request on a batch; `others` can be pinned."""
    stored = {other.id: other for other in others}
    return evaluate_request(batch, request, evaluator or Evaluator(1 << 24), Ticket(60), stored.__getitem__)
