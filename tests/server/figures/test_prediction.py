"""Prediction against target: points as they are, cells as a loop counts them, the residual variance by hand."""

import math

import pytest
import torch

from mouse_dashboard.figures.figure import FigureOutput
from mouse_dashboard.figures.prediction import PREDICTION
from mouse_dashboard.figures.scatter import CELLS, MOST_POINTS, make_scatter
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input


def of_pairs(taken: list[float], target: list[float]) -> FigureOutput:
    predicted, aimed = torch.tensor([taken]), torch.tensor([target])
    planted = {"q_taken": predicted, "td_target": aimed, "td_error": aimed - predicted}
    return PREDICTION.make(loss_input("dqn", random_batch(1, len(taken) + 1), None, None, **planted))


def test_few_pairs_are_points_that_stand_for_their_transition() -> None:
    drawn = of_pairs([1.0, 2.0, 4.0], [1.0, 3.0, 5.0])
    points = drawn.data[0]
    assert (decoded(points["x"]), decoded(points["y"])) == ([1, 2, 4], [1, 3, 5])
    assert decoded(points["customdata"]) == [[0, 0], [0, 1], [0, 2]]
    # Errors 0, 1, 1 vary by 2/9, targets 1, 3, 5 by 8/3.
    assert drawn.note == "residual variance Var(td_error) / Var(td_target) = 0.0833; every one of 3 transitions"


def test_both_axes_have_one_scale_and_the_identity_spans_them() -> None:
    layout = of_pairs([1.0, 2.0, 4.0], [1.0, 3.0, 5.0]).layout
    assert layout["xaxis"]["range"] == layout["yaxis"]["range"] == pytest.approx([0.88, 5.12])
    assert layout["yaxis"]["scaleanchor"] == "x"
    line = layout["shapes"][0]
    assert [line["x0"], line["x1"]] == [line["y0"], line["y1"]] == layout["xaxis"]["range"]


def test_pairs_that_are_not_finite_are_left_out_of_points_and_variance() -> None:
    drawn = of_pairs([1.0, math.nan, 2.0, 4.0], [1.0, 7.0, 3.0, 5.0])
    assert decoded(drawn.data[0]["customdata"]) == [[0, 0], [0, 2], [0, 3]]
    assert "= 0.0833;" in drawn.note
    assert drawn.note.endswith("1 NaN in q_taken left out")
    assert of_pairs([math.nan], [1.0]).data == []


def test_targets_that_do_not_differ_have_no_residual_variance() -> None:
    assert "does not exist: the targets do not differ" in of_pairs([1.0, 2.0], [3.0, 3.0]).note


def test_many_pairs_are_counted_in_cells() -> None:
    part = loss_input("dqn", random_batch(3, MOST_POINTS))
    info = make_scatter(part, "q_taken", "td_target")
    assert info.cells is not None
    expected = [[0] * CELLS for _ in range(CELLS)]
    for pair in zip(plain(part.terms["q_taken"]), plain(part.terms["td_target"]), strict=True):
        column, row = (
            int(CELLS * (value - low) / (high - low)) for value, (low, high) in zip(pair, info.edges, strict=True)
        )
        expected[row][column] += 1
    assert (info.cells - torch.tensor(expected)).abs().sum() <= 2  # a value on an edge may round to either side
    assert int(info.cells.sum()) == part.selection.count


def test_cells_say_that_their_colour_is_a_logarithm_and_tick_it_in_counts() -> None:
    drawn = PREDICTION.make(loss_input("dqn", random_batch(3, MOST_POINTS)))
    cells = drawn.data[0]
    counts = [count for row in decoded(cells["customdata"]) for (count,) in row]
    shown = [value for row in decoded(cells["z"]) for value in row]
    for count, value in zip(counts, shown, strict=True):
        assert value == pytest.approx(math.log10(count)) if count else math.isnan(value)
    assert cells["colorbar"]["ticktext"][: len(cells["colorbar"]["tickvals"])] == ["1", "10"][: len(str(max(counts)))]
    assert drawn.note.endswith("3,069 transitions in 48 x 48 cells, colour = log of count")
