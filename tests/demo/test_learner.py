"""The learner: the same updates for a seed, from a stream, towards the optimal policy."""

import pytest
import torch

from mouse.demo.learner import Learner
from mouse.demo.live import main
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


def test_the_supervised_heads_come_close_to_the_optimal_policy_and_dqn_learns_from_the_data() -> None:
    learner = Learner()
    before = learner.success()
    for _update in learner.updates(200):
        pass
    after = learner.success()
    assert max(before.values()) < 0.5
    assert after["sp"] == pytest.approx(learner.optimal, abs=0.01)
    assert after["sv"] > 0.5
    assert after["dqn"] > before["dqn"]
    assert all(0 <= rate <= 1 for rate in after.values())


def test_more_updates_than_an_epoch_go_on_with_the_next_one() -> None:
    learner = Learner(collected=SMALL)
    epoch = len(learner.batches)
    count = sum(1 for _update in learner.updates(epoch + 1))
    assert (count, learner.batches.epoch) == (epoch + 1, 2)


def test_the_program_tells_how_often_each_head_reaches_the_goal(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--updates", "3", "--every", "2", "--seed", "3"])
    first, *told = capsys.readouterr().out.splitlines()
    assert first.startswith("FrozenLake 4x4, slippery: the optimal policy reaches the goal in 79.7% of episodes")
    assert [line.split("  ")[0] for line in told] == ["update 2 of 3", "update 3 of 3"]
    for title in ("DQN", "Vector DQN", "Supervised policy", "Supervised value"):
        assert all(f"{title} " in line for line in told)
