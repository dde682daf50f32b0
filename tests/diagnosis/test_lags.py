"""Where an action, a reward or an end stands is told by what follows, without a counter, optimal values or a head."""

from typing import Any, cast

import pytest
import torch
from tensordict import TensorDict

from benchmarks.clean import Sample
from benchmarks.pole import pole
from benchmarks.soil import Soil, changed
from benchmarks.worlds import Walk
from mouse import doctor
from mouse.diagnosis import Finding, Thresholds
from tests.diagnosis.linear import moved
from tests.diagnosis.ring import ring

ROWS = {-1: "the row before", 0: "its own row", 2: "the row after the next"}
RULE = "alignment-off-by-one"
STORED = {-1: -2, 0: -1, 2: 1}
"""Rows by which a field of a right batch is moved to stand with each wrong lag."""


def sample(name: str) -> Sample:
    return pole(shape=(16, 64)) if name == "pole" else Soil(name=name).grow()


def findings(batch: Sample, *fields: str, rule: str = RULE, **thresholds: Any) -> list[Finding]:
    chosen = cast("Any", batch)
    stream, out = chosen.step_stream.select(*fields), chosen.out.select()
    return list(doctor(stream, out, {}, rules=[rule], thresholds=Thresholds(**thresholds)))


DATA = ("obs", "obs_discrete", "action", "reward", "done")


def data(batch: Sample) -> list[str]:
    return [name for name in DATA if name in batch.step_stream.keys()]  # noqa: SIM118  a TensorDict's length is B


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cliff", "taxi", "pole"])
def test_actions_and_rewards_in_their_place_are_left_alone(name: str) -> None:
    batch = sample(name)
    assert findings(batch, *data(batch)) == []


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("name", ["cliff", "taxi", "pole"])
def test_an_action_of_another_row_is_named_from_the_data_alone(name: str, lag: int) -> None:
    batch = sample(name)
    moved = changed(batch, None, **{each: batch.field(each).roll(STORED[lag], 1) for each in ("action", "reward")})
    only = findings(moved, *data(batch))[0]
    assert (only.severity, only.field) == ("warning", "step_stream.action")
    assert only.message.startswith(f"The action of {ROWS[lag]} settles")


def test_what_of_action_reward_and_ends_nothing_could_show_is_said() -> None:
    def unseen(batch: Sample, *fields: str) -> dict[str, str]:
        chosen = cast("Any", batch).step_stream.select(*fields)
        report = doctor(chosen, cast("Any", batch).out.select(), {}, rules=[RULE])
        assert (report.checked, report.findings) == ((RULE,), ())
        return {each.part: each.needs for each in report.partly_checked}

    cliff = Soil(name="cliff", shape=(32, 128)).grow()
    assert unseen(cliff, *data(cliff), "time") == {}
    assert unseen(cliff, *data(cliff)) == {"ends": "time, or observations that jump where an episode ends"}
    same = changed(cliff, None, reward=cliff.field("reward") * 0)
    assert unseen(same, *data(same), "time") == {
        "rewards": "rewards that go with the observations and the action of one step, and of no other or q_star or"
        " actions and rewards that differ from step to step or rewards at ends alone"
    }


@pytest.mark.parametrize("lag", STORED)
def test_a_reward_of_another_row_is_named_beside_the_right_action(lag: int) -> None:
    batch = Soil(name="cliff", shape=(32, 128)).grow()
    moved = changed(batch, None, reward=batch.field("reward").roll(STORED[lag], 1))
    (only,) = findings(moved, *data(batch))
    assert only.field == "step_stream.reward"


@pytest.mark.parametrize(("moved", "told"), [(1, "after"), (-2, "before")])
def test_ends_beside_the_places_where_the_counter_begins_anew_are_named(moved: int, told: str) -> None:
    batch = Soil(name="cliff").grow()
    wrong = changed(batch, done=batch.field("done").roll(moved, 1))
    (only,) = findings(wrong, "action", "done", "time", min_episodes=8)
    assert f"ends stand a row {told} the place where the next episode begins" in only.message
    assert (only.field, only.unit) == ("step_stream.done", "step")
    assert findings(batch, "action", "done", "time", min_episodes=8) == []
    assert findings(wrong, "action", "done", "time", min_episodes=1000) == []


def test_ends_beside_the_places_where_observations_jump_are_named() -> None:
    batch = pole(shape=(16, 64))
    wrong = changed(batch, done=batch.field("done").roll(1, 1))
    (only,) = findings(wrong, "obs", "action", "done")
    assert only.field == "step_stream.done"


def ends_of_short_episodes(moved: int, **thresholds: Any) -> list[str]:
    """Messages on 64 episodes of one to three steps; the row of an end shows how the next one begins."""
    steps = [1 + number**2 % 7 % 3 for number in range(64)]
    time = torch.tensor([step for length in steps for step in range(length)]).view(1, -1)
    done = (time == 0).long().roll(moved, 1)
    stream = TensorDict({"time": time, "done": done, "action": torch.zeros_like(time)}, batch_size=time.shape)
    return [each.message for each in doctor(stream, rules=[RULE], thresholds=Thresholds(**thresholds))]


def test_late_ends_of_episodes_of_one_to_three_steps_are_named() -> None:
    assert ends_of_short_episodes(0) == []
    late = "96.88 % of 64 ends stand a row after the place where the next episode begins (threshold 50 %)."
    assert ends_of_short_episodes(1) == [late]


def test_ends_on_first_rows_that_nothing_led_to_are_early() -> None:
    told = "8 of 64 ends stand on the first row of an episode, though nothing led there (threshold 8)"
    assert ends_of_short_episodes(-1) == [f"{told}; the others stand on last rows. All stand a row early."]
    assert ends_of_short_episodes(-1, min_episodes=9) == []


def test_what_follows_from_a_shift_stands_below_it() -> None:
    batch = Soil(name="cliff").grow()
    wrong = changed(batch, done=batch.field("done").roll(1, 1))
    report = doctor(*wrong)
    (first,) = (each for each in report if each.rule == RULE)
    assert "sequence-straddle" in {each.rule for each in first.consequences}
    assert "sequence-straddle" not in {each.rule for each in report}


@pytest.mark.parametrize("lag", STORED)
def test_an_action_of_another_row_is_named_by_optimal_values_of_a_random_policy(lag: int) -> None:
    batch = Soil(name="taxi", how=Walk(epsilon=1.0)).grow()
    fields = ("q_star", "action", "reward", "done")
    assert findings(batch, *fields) == []
    moved = changed(batch, None, **{each: batch.field(each).roll(STORED[lag], 1) for each in ("action", "reward")})
    (only,) = findings(moved, *fields)
    assert only.message.startswith(f"q_star solves the Bellman equation with action and reward of {ROWS[lag]} in 100 %")


@pytest.mark.parametrize("lag", STORED)
@pytest.mark.parametrize("seed", range(3))
def test_an_action_of_another_row_is_named_where_steps_slip(lag: int, seed: int) -> None:
    batch = ring(seed=seed)
    assert list(doctor(batch, rules=[RULE])) == []
    (only,) = doctor(moved(batch, STORED[lag], "action", "reward"), rules=[RULE])
    assert (only.severity, only.field) == ("warning", "step_stream.action")
    assert only.message.startswith(f"The action of {ROWS[lag]} settles")
    assert "and the next about it" in only.message
