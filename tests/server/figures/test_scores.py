"""Scores along a sequence and the leads that they are sums of are the library's own numbers."""

import math
from typing import Any

import pytest
import torch

from mouse_dashboard.figures.lead_matrix import LEAD_MATRIX, MOST_ACTIONS
from mouse_dashboard.figures.scores_over_time import MOST_CELLS, SCORES_OVER_TIME
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, row_input, transition_input


def test_every_score_of_the_sequence_is_drawn_bit_for_bit_with_the_greedy_action() -> None:
    part = row_input("vec_dqn", random_batch(), 2, 3)
    heatmap, greedy = SCORES_OVER_TIME.make(part).data
    assert decoded(heatmap["z"]) == plain(part.all_terms().scores.T)
    assert decoded(greedy["y"]) == plain(part.all_terms().greedy_action)
    assert decoded(greedy["customdata"]) == [[2, step] for step in range(6)]
    assert (heatmap["zmid"], heatmap["x0"], heatmap["dx"]) == (0, 0, 1)


def test_the_selected_step_is_framed() -> None:
    (cursor,) = SCORES_OVER_TIME.make(row_input("vec_dqn", random_batch(), 2, 3)).layout["shapes"]
    assert [cursor[end] for end in ("x0", "x1", "y0", "y1")] == [2.5, 3.5, -0.5, 2.5]


def test_a_long_sequence_is_pooled_and_says_so() -> None:
    batch = random_batch(1, 1001, 18)
    part = row_input("vec_dqn", batch, 0, 700)
    drawn = SCORES_OVER_TIME.make(part)
    scores, best = part.all_terms().scores, part.all_terms().greedy_action
    heatmap, greedy = drawn.data
    cells = decoded(heatmap["z"])
    assert len(cells) * len(cells[0]) <= MOST_CELLS
    assert cells[7][1] == pytest.approx(float(scores[4:8, 7].mean()), rel=1e-5)
    often: list[int] = [max(range(18), key=plain(best[at : at + 4]).count) for at in range(0, 1000, 4)]
    assert decoded(greedy["y"]) == often
    assert decoded(greedy["customdata"])[1] == [0, 5], "a step in the middle of its cell"
    assert drawn.note.startswith("sequence 0, 1 cell = mean of 1 action x 4 transitions; 1,000 transitions in all")


def test_scores_that_are_nan_are_said() -> None:
    batch = random_batch()
    batch.out["vec_dqn_target"][2, 4, 1] = math.nan
    assert "NaN left out" in SCORES_OVER_TIME.make(row_input("vec_dqn", batch, 2, 3)).note


def directions(*degrees: float) -> torch.Tensor:
    """Vectors of different lengths in these directions."""
    angles = [math.radians(angle) for angle in degrees]
    return torch.tensor([[(i + 1) * math.cos(angle), (i + 1) * math.sin(angle)] for i, angle in enumerate(angles)])


def test_the_matrix_holds_the_lead_of_each_action_over_each_other() -> None:
    batch = random_batch()
    batch.out["vec_dqn_target"][1, 5] = directions(10, 70, 40)
    drawn = LEAD_MATRIX.make(transition_input("vec_dqn", batch, 1, 4))
    (matrix,) = drawn.data
    expected = [[0, 30, 60], [-30, 0, 30], [-60, -30, 0]]
    found: Any = decoded(matrix["z"])
    for row, angles in zip(found, expected, strict=True):
        assert row == pytest.approx([math.radians(angle) for angle in angles], abs=1e-6)
    assert drawn.layout["xaxis"]["ticktext"] == ["1", "2", "0"], "highest score first"
    assert drawn.layout["yaxis"]["ticktext"] == ["1: 1.57", "2: 0", "0: -1.57"]
    assert drawn.note == ("sequence 1, state 5, target head: action 1 is greedy, its row adds up to 1.571 rad")
    (outline,) = drawn.layout["shapes"]
    assert (outline["y0"], outline["y1"]) == (-0.5, 0.5)


@pytest.mark.parametrize("dim", [2, 4])
def test_rows_add_up_to_the_scores(dim: int) -> None:
    part = transition_input("vec_dqn", random_batch(actions=6, dim=dim), 1, 4)
    info = LEAD_MATRIX.info(part)
    assert plain(info.angles.sum(dim=1)) == pytest.approx(info.scores, abs=1e-4)
    assert info.actions[0] == int(part.terms.greedy_action)


def test_of_many_actions_the_highest_scores_are_shown_and_the_rest_is_said() -> None:
    part = transition_input("vec_dqn", random_batch(2, 5, actions=50), 1, 2)
    drawn = LEAD_MATRIX.make(part)
    assert drawn.layout["yaxis"]["ticktext"][0].partition(":")[0] == str(int(part.terms.greedy_action))
    assert len(drawn.layout["yaxis"]["ticktext"]) == MOST_ACTIONS
    assert drawn.note.endswith("of 50 actions the 40 with the highest scores, a score counts all")


def test_where_a_vector_is_nan_the_matrix_has_gaps_and_says_so() -> None:
    batch = random_batch()
    batch.out["vec_dqn_target"][1, 5, 0] = math.nan
    assert "NaN left out" in LEAD_MATRIX.make(transition_input("vec_dqn", batch, 1, 4)).note
