"""What is drawn of one transition are its terms, with what was done and what is best marked."""

import math
from typing import Any

import pytest
import torch

from mouse.losses.sp import SpLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from mouse_dashboard.figures.action_values import ACTION_VALUES
from mouse_dashboard.figures.policies import POLICIES
from mouse_dashboard.figures.rotation_dial import ROTATION_DIAL
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, transition_input


def by_name(data: list[dict[str, Any]]) -> dict[str, Any]:
    return {trace["name"]: trace for trace in data}


def test_action_values_are_those_of_the_heads_with_executed_and_greedy_marked() -> None:
    batch = random_batch()
    part = transition_input("dqn", batch, 1, 4)
    drawn = ACTION_VALUES.make(part)
    found = by_name(drawn.data)
    whole: Any = batch
    online: list[float] = plain(whole.out["dqn"][1, 4])
    target: list[float] = plain(whole.out["dqn_target"][1, 5])
    executed = int(whole.step_stream["action"][1, 5])
    assert decoded(found["online, q(t)"]["y"]) == online
    assert decoded(found["target, q_next(t+1)"]["y"]) == target
    assert (found["executed"]["x"], decoded(found["executed"]["y"])) == ([executed], [online[executed]])
    assert (found["greedy"]["x"], decoded(found["greedy"]["y"])) == ([target.index(max(target))], [max(target)])
    assert decoded(found["td_target"]["y"]) == [part.terms.td_target.item()] * 2


def test_next_actions_that_tie_are_all_greedy() -> None:
    batch = random_batch()
    batch.out["dqn_target"][1, 5] = torch.tensor([2.0, 1.0, 2.0])
    drawn = ACTION_VALUES.make(transition_input("dqn", batch, 1, 4))
    assert by_name(drawn.data)["greedy"]["x"] == [0, 2]
    assert "greedy 0 and 2; " in drawn.note


def test_actions_without_q_star_are_crossed_and_a_greedy_one_among_them_is_said() -> None:
    batch = random_batch()
    batch.step_stream["q_star"][1, 4] = torch.tensor([-torch.inf, 1.0, 2.0])
    batch.step_stream["q_star"][1, 5] = torch.tensor([1.0, -torch.inf, -torch.inf])
    batch.out["dqn_target"][1, 5] = torch.tensor([2.0, 1.0, 3.0])
    drawn = ACTION_VALUES.make(transition_input("dqn", batch, 1, 4))
    crossed = [trace for trace in drawn.data if trace["name"] == "invalid"]
    assert [(trace["x"], trace["xaxis"]) for trace in crossed] == [([0], "x"), ([1, 2], "x2")]
    assert decoded(crossed[1]["y"]) == [1.0, 3.0]
    assert [trace["showlegend"] for trace in crossed] == [True, False]
    assert drawn.note.endswith("greedy 2; q_star says that greedy 2 does not exist")


def test_a_q_star_of_other_actions_marks_none() -> None:
    batch = random_batch()
    batch.step_stream["q_star"] = torch.full((4, 7, 5), -torch.inf)
    assert "invalid" not in by_name(ACTION_VALUES.make(transition_input("dqn", batch, 1, 4)).data)


def test_an_action_value_that_is_nan_is_said() -> None:
    batch = random_batch()
    batch.out["dqn_target"][1, 5, 0] = math.nan
    drawn = ACTION_VALUES.make(transition_input("dqn", batch, 1, 4))
    assert by_name(drawn.data)["greedy"]["x"] == []
    assert drawn.note.endswith("greedy none; 1 NaN left out")


def test_policies_are_the_terms_and_invalid_actions_are_hatched() -> None:
    batch = random_batch()
    part = transition_input("sp", batch, 3, 6)
    drawn = POLICIES.make(part)
    found = by_name(drawn.data)
    assert decoded(found["teacher P"]["y"]) == part.terms.teacher.tolist()
    assert decoded(found["student Q"]["y"]) == part.terms.student.tolist()
    assert found["invalid action"]["x"] == [2]
    assert found["invalid action"]["marker"]["pattern"]["shape"] == "/"
    assert found["label"]["x"] == [int(part.terms.teacher.argmax())]
    assert drawn.note == "sequence 3, step 6: 2 of 3 actions are valid; ce: teacher one-hot, temperature unused"


def test_policies_name_how_the_teacher_is_made() -> None:
    cfg = SpLossConfig(loss_type="js", temperature=0.25, label_smoothing=0.1)
    note = POLICIES.make(transition_input("sp", random_batch(), 3, 6, cfg)).note
    assert note.endswith("; js: teacher temperature 0.25, label_smoothing 0.1")


def test_where_every_action_is_valid_nothing_is_hatched() -> None:
    batch = random_batch()
    batch.step_stream["q_star"][3, 6] = torch.tensor([1.0, 2.0, 3.0])
    assert "invalid action" not in by_name(POLICIES.make(transition_input("sp", batch, 3, 6)).data)


def test_a_step_without_valid_action_says_that_it_does_not_count() -> None:
    batch = random_batch()
    batch.step_stream["q_star"][3, 6] = -torch.inf
    assert "no action is valid" in POLICIES.make(transition_input("sp", batch, 3, 6)).note


def tips(data: list[dict[str, Any]], name: str) -> list[list[float]]:
    """Where arrows end: every third point of an arrow's trace, of each plane."""
    found = [trace for trace in data if trace["name"] == name]
    return [list(tip) for trace in found for tip in zip(trace["x"][1::3], trace["y"][1::3], strict=True)]


def test_the_dial_shows_unit_vectors_and_the_angles_between_them() -> None:
    batch = random_batch()
    batch.out["vec_dqn"][1, 4] = torch.tensor([[3.0, 4.0], [0.0, 2.0], [-1.0, 0.0]])
    batch.out["vec_dqn_target"][1, 5] = torch.tensor([[5.0, 0.0], [5.0, 0.0], [5.0, 0.0]])
    batch.step_stream["action"][1, 5], batch.step_stream["reward"][1, 5] = 1, math.pi / 6
    drawn = ROTATION_DIAL.make(transition_input("vec_dqn", batch, 1, 4))
    assert tips(drawn.data, "v_taken") == [pytest.approx([0, 1])]
    assert tips(drawn.data, "other actions") == [pytest.approx([0.6, 0.8]), pytest.approx([-1, 0])]
    assert tips(drawn.data, "v_greedy") == [pytest.approx([1, 0])]
    assert tips(drawn.data, "v_rotated") == [pytest.approx([math.cos(math.pi / 6), 0.5])]
    theta, remaining = drawn.data[-2:]
    assert (theta["name"], remaining["name"]) == ("theta 0.5236 rad", "remaining 1.047 rad")
    assert math.atan2(theta["y"][-1], theta["x"][-1]) == pytest.approx(math.pi / 6)
    assert math.atan2(remaining["y"][-1], remaining["x"][-1]) == pytest.approx(math.pi / 2)
    assert drawn.note == (
        "sequence 1, transition 4: reward 0.5236 turns v_greedy by theta = 0.5236 rad, 1.047 rad remain, a loss of 0.5"
    )


def test_the_dial_tells_what_theta_is_made_of() -> None:
    batch = random_batch()
    batch.step_stream["reward"][1] = torch.tensor([0.0, 1.0, 1.0, 1.0, 1.0, 5.0, 3.0])
    cfg = VecDqnLossConfig(reward_scale=0.5, reward_shift=-0.25, normalize_reward_mean=True)
    note = ROTATION_DIAL.make(transition_input("vec_dqn", batch, 1, 4, cfg)).note
    assert "reward 5, normalised to 3, * 0.5 - 0.25 turns v_greedy by theta = 1.25 rad" in note


def test_vectors_of_more_dimensions_get_a_dial_per_plane_and_their_share_of_length() -> None:
    batch = random_batch(dim=4)
    part = transition_input("vec_dqn", batch, 1, 4)
    drawn = ROTATION_DIAL.make(part)
    taken = (part.terms.v_taken.double() / part.terms.v_taken.double().norm()).tolist()
    assert tips(drawn.data, "v_taken") == [pytest.approx(taken[:2]), pytest.approx(taken[2:])]
    assert {trace["xaxis"] for trace in drawn.data} == {"x", "x2"}
    assert "2 of 2 planes" in drawn.note
    share = math.hypot(*taken[2:])
    assert drawn.layout["xaxis2"]["title"]["text"].startswith(f"dimensions 2, 3<br>v_taken {share:.2f}<br>v_greedy ")


def test_a_vector_that_is_nan_is_left_out_and_said() -> None:
    batch = random_batch()
    batch.out["vec_dqn"][1, 4, 0] = math.nan
    batch.step_stream["action"][1, 5] = 0
    drawn = ROTATION_DIAL.make(transition_input("vec_dqn", batch, 1, 4))
    assert tips(drawn.data, "v_taken") == [[None, None]]
    assert drawn.note.endswith("left out")


def test_of_many_actions_a_dial_draws_the_first_and_says_so() -> None:
    drawn = ROTATION_DIAL.make(transition_input("vec_dqn", random_batch(2, 6, actions=100), 1, 4))
    assert len(tips(drawn.data, "other actions")) in {31, 32}
    assert "of 100 actions the first 32 are drawn" in drawn.note
