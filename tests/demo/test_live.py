"""The training run that a dashboard watches."""

import runpy
from functools import partial

import pytest

from mouse.demo import live
from mouse.demo.learner import Learner
from tests.mouse.client.scripted import scripted


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """To collect as many steps as a run learns from takes seconds."""
    monkeypatch.setattr(live, "Learner", partial(Learner, collected=(16, 128)))


def test_the_program_tells_how_often_each_head_reaches_the_goal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--updates", "5", "--every", "2", "--seed", "3"])
    runpy.run_module("mouse.demo", run_name="__main__")
    first, *told = capsys.readouterr().out.splitlines()
    assert first.startswith("FrozenLake 4x4, slippery: the optimal policy reaches the goal in 79.7% of episodes")
    assert [line.split("  ")[0] for line in told] == [f"update {count} of 5" for count in (1, 2, 4, 5)]
    for title in ("DQN", "Vector DQN", "Supervised policy", "Supervised value"):
        assert all(f"{title} " in line for line in told)


def test_what_it_tells_it_pushes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOUSE_TOKEN", "a-long-secret")
    with scripted() as dashboard:
        live.main(["--updates", "3", "--every", "2", "--push", dashboard.base, "--run", "mine"])
    assert dashboard.steps == [1, 2, 3]
    snapshot = dashboard.snapshots[-1]
    assert snapshot["run"] == "mine"
    assert set(snapshot["configs"]) == {"dqn", "vec_dqn", "sp", "sv"}
    assert {"combined_loss", "dqn_success", "sp_success"} <= set(snapshot["metrics"])
