"""The context that every computation of a request shares: batch, configs, evaluator with its cache, cancel token."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.cache import ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError


@dataclass(frozen=True)
class EvaluationContext:
    """One batch under one set of configs, with the evaluator and the cancel token."""

    batch: Batch
    configs: Mapping[str, LossConfig]
    """Of the losses to evaluate, by name in the order of the registry."""
    evaluator: Evaluator
    token: CancelToken
    _jobs: dict[str, LossJob | FunctionFailedError] = field(default_factory=dict[str, LossJob | FunctionFailedError])
    """Losses of this request: a function whose file is saved meanwhile stays what it was."""

    @property
    def cache(self) -> ResultCache:
        """Results of earlier requests."""
        return self.evaluator.cache

    def loss(self, name: str) -> AnyLoss:
        """A loss of the registry; a user's function as traced on the batch, or untraced if the call failed."""
        try:
            return self.job(name).loss
        except FunctionFailedError:
            return self.evaluator.losses[name]

    def job(self, name: str) -> LossJob:
        """A loss of the registry under its config.

        Raises:
            FunctionFailedError: a user's function gave no result.
        """
        if name not in self._jobs:
            try:
                self._jobs[name] = self.evaluator.job(self.batch, name, self.configs[name], self.token)
            except FunctionFailedError as error:
                self._jobs[name] = error
        found = self._jobs[name]
        if isinstance(found, FunctionFailedError):
            raise found
        return found

    def with_batch(self, batch: Batch, configs: Mapping[str, LossConfig]) -> "EvaluationContext":
        """The same evaluator and token for another batch or config to compare with."""
        return EvaluationContext(batch, configs, self.evaluator, self.token)
