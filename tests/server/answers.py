"""Responses of the service without HTTP."""

from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.configs import resolve_configs
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.evaluate.service import evaluate_request
from mouse_dashboard.evaluate.transition import transition_request
from mouse_dashboard.schema.requests import Configs, EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import Evaluation, Transition


def context_of(batch: Batch, configs: Configs, evaluator: Evaluator | None = None) -> EvaluationContext:
    """A batch under the configs of a request."""
    return EvaluationContext(batch, resolve_configs(configs, LOSSES), evaluator or Evaluator(1 << 24), CancelToken(60))


def answered(batch: Batch, request: EvaluateRequest, *others: Batch, evaluator: Evaluator | None = None) -> Evaluation:
    """The response to a request on a batch; `others` can be pinned."""
    stored = {other.id: other for other in others}
    return evaluate_request(context_of(batch, request.configs, evaluator), request, stored.__getitem__)


def transition_of(batch: Batch, request: TransitionRequest, evaluator: Evaluator | None = None) -> Transition:
    """The response to a request for a transition of a batch."""
    return transition_request(context_of(batch, request.configs, evaluator), request)
