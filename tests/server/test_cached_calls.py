"""Calls of a user's function that the evaluator caches."""

from dataclasses import dataclass, field

import pytest
import torch
from tensordict import TensorDict

from mouse.losses.config import LossConfig
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.batch_loss import BatchLoss, TracedLoss, without_stages
from mouse_dashboard.compute.cache import RECENT
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.compute.functions.messages import FunctionProblem, TracedCall

CALL = TracedCall({}, (), (), frozenset(), {}, {}, {}, {}, (), "", "", 0.0)
TOKEN = CancelToken(60)
BATCH = Batch("batch", TensorDict({}, (2, 3)), TensorDict({}, (2, 3)))


@dataclass(frozen=True)
class CountingLoss(BatchLoss):
    """Notes the weights that it is called with; each call's terms take 24 bytes. A weight of 0 fails."""

    called: list[float] = field(default_factory=list[float])

    def on(self, batch: Batch, cfg: LossConfig, token: CancelToken) -> TracedLoss:
        """Note the call."""
        del batch, token
        self.called.append(cfg.weight)
        if cfg.weight == 0:
            raise FunctionFailedError(FunctionProblem("no"))
        return self.traced(CALL, torch.tensor(0.0), {"loss": torch.zeros(2, 3)})


def counting(capacity: int) -> tuple[CountingLoss, Evaluator]:
    loss = CountingLoss(**without_stages("own", "own", LossConfig))
    return loss, Evaluator(capacity, {"own": loss})


def call(evaluator: Evaluator, weight: float) -> TracedLoss:
    found = evaluator.job(BATCH, "own", LossConfig(weight=weight), TOKEN).loss
    assert isinstance(found, TracedLoss)
    return found


def test_a_drag_leaves_the_pinned_call_and_the_last_ones_alone() -> None:
    loss, evaluator = counting(1 << 20)
    pinned = call(evaluator, 100)
    for weight in range(1, 20):
        call(evaluator, weight)
        assert call(evaluator, 100) is pinned
    assert loss.called == [100, *range(1, 20)]
    assert evaluator.cache.size == RECENT * 24


def test_a_cache_too_small_for_several_calls_holds_the_last_one() -> None:
    loss, evaluator = counting(40)
    for weight in (1, 2, 2, 1):
        call(evaluator, weight)
    assert loss.called == [1, 2, 1]
    assert evaluator.cache.size == 24


def test_a_call_that_fails_is_not_repeated() -> None:
    loss, evaluator = counting(1 << 20)
    for _ in range(2):
        with pytest.raises(FunctionFailedError):
            call(evaluator, 0)
    assert loss.called == [0]
