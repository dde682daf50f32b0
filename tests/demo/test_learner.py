"""The learner: the same updates for a seed, from a stream, towards the optimal policy."""

import pytest
import torch

from mouse import doctor
from mouse.demo.learner import Learner
from mouse.demo.train import CONFIGS
from mouse.losses.combined import combined_loss

SMALL = (16, 128)


def test_an_update_tells_the_very_loss_that_was_minimised() -> None:
    updates = Learner(collected=SMALL).updates(3)
    for step_stream, out, loss in (next(updates), next(updates)):
        assert combined_loss(step_stream, out, CONFIGS).metrics == loss.metrics
        assert set(loss.parts) == {"dqn", "vec_dqn", "sp", "sv"}
        assert tuple(step_stream.batch_size) == tuple(out.batch_size) == (32, 64)


def test_a_seed_decides_everything_and_the_callers_random_state_stays() -> None:
    def losses(seed: int) -> list[float]:
        torch.rand(3)  # what the caller draws does not matter
        return [update.loss.metrics["combined_loss"] for update in Learner(seed, SMALL).updates(4)]

    torch.manual_seed(7)
    expected = torch.rand(4)[3]
    torch.manual_seed(7)
    first = losses(1)
    assert torch.rand(1)[0] == expected
    assert first == losses(1)
    assert first != losses(2)


@pytest.mark.slow
def test_the_policy_that_learns_from_a_teacher_soon_acts_as_it() -> None:
    learner = Learner()
    before = learner.success()
    for _update in learner.updates(120):
        pass
    after = learner.success()
    assert max(before.values()) < 0.5
    assert after["sp"] == pytest.approx(learner.optimal, abs=0.05)
    assert after["sv"] > before["sv"]
    assert learner.batches.epoch == 120 // len(learner.batches)
    assert all(0 <= rate <= 1 for rate in after.values())


def test_more_updates_than_an_epoch_go_on_with_the_next_one() -> None:
    learner = Learner(collected=SMALL)
    epoch = len(learner.batches)
    count = sum(1 for _update in learner.updates(epoch + 1))
    assert (count, learner.batches.epoch) == (epoch + 1, 2)


def test_no_window_runs_from_one_walk_into_the_next() -> None:
    step_stream, out, _loss = next(Learner(collected=(12, 80)).updates(1))
    assert doctor(step_stream, out, CONFIGS, rules=["sequence-straddle"]).findings == ()
