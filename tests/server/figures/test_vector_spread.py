"""Turns and remaining angles: every transition is counted once, at its angle, and what wraps or points away is said."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mouse_dashboard.figures.figure import FigureOutput
from mouse_dashboard.figures.remaining_angle import REMAINING_ANGLE, WEDGES
from mouse_dashboard.figures.style import ORANGE
from mouse_dashboard.figures.theta import MOST_BINS, THETA
from tests.server.figures.parts import decoded, loss_input

angles = st.floats(-(2.0**90), 2.0**90, width=32)


def turns(*theta: float) -> FigureOutput:
    return THETA.make(loss_input("vec_dqn", theta=torch.tensor([theta]), loss=torch.zeros(1, len(theta))))


def remaining(*cosine: float) -> FigureOutput:
    return REMAINING_ANGLE.make(loss_input("vec_dqn", cosine=torch.tensor([cosine]), loss=torch.zeros(1, len(cosine))))


def test_turns_are_counted_around_zero_in_bins_of_which_a_half_turn_is_an_edge() -> None:
    drawn = turns(0.1, -0.1, 0.1, 3.1, -3.0)
    (bars,) = drawn.data
    counts = dict(zip(decoded(bars["x"]), decoded(bars["y"]), strict=True))
    width = math.pi / 40
    at = {round(centre / width - 0.5): count for centre, count in counts.items() if count}
    assert at == {1: 2, -2: 1, 39: 1, -39: 1}, "0.1 lies between one and two fortieths of pi"
    assert drawn.note == "0 of 5 transitions wrap: |theta| > π; 84 bins of 0.0785 rad"


def test_turns_beyond_half_a_turn_are_apart_and_counted() -> None:
    drawn = turns(math.pi, 3.2, -7.0, 1.0)
    within, beyond = drawn.data
    assert (sum(decoded(within["y"])), sum(decoded(beyond["y"]))) == (2, 2)
    assert beyond["marker"]["color"] == ORANGE
    assert drawn.note.startswith("2 of 4 transitions (50 %) wrap: |theta| > π")


def test_half_and_quarter_turns_are_marked() -> None:
    layout = turns(0.0).layout
    assert [shape["x0"] for shape in layout["shapes"]] == [-math.pi, -math.pi / 2, math.pi / 2, math.pi]
    assert [mark["text"] for mark in layout["annotations"]] == ["-π", "-π/2", "π/2", "π"]


def test_the_names_of_the_marks_stand_above_the_bars_and_within_the_figure() -> None:
    layout = turns(0.0).layout
    assert layout["yaxis"]["domain"][1] < 0.95
    assert {mark["yref"] for mark in (*layout["annotations"], *layout["shapes"])} == {"y domain"}


@given(st.lists(angles, min_size=1, max_size=30))
def test_every_turn_is_counted_once_however_large(theta: list[float]) -> None:
    info = THETA.info(loss_input("vec_dqn", theta=torch.tensor([theta]), loss=torch.zeros(1, len(theta))))
    assert int(info.beyond.sum()) == sum(abs(angle) > math.pi for angle in theta)
    assert int(info.within.sum() + info.beyond.sum()) == len(theta)
    assert len(info.centres) <= MOST_BINS + 2


def test_turns_that_are_not_finite_are_left_out_and_said() -> None:
    assert turns(1.0, math.nan, math.inf).note.endswith("; 1 NaN, 1 +inf left out")
    assert turns(math.nan).note.startswith("0 of 0 transitions wrap")


def wedges(drawn: FigureOutput) -> dict[int, int]:
    counts = [told[0] for told in drawn.data[1]["customdata"]]
    assert len(counts) == WEDGES
    return {wedge: count for wedge, count in enumerate(counts) if count}


def test_an_angle_lies_in_its_wedge_of_five_degrees() -> None:
    drawn = remaining(1.0, math.cos(math.radians(12)), math.cos(math.radians(13)), 0.0, -1.0)
    assert wedges(drawn) == {0: 1, 2: 2, 18: 1, 35: 1}
    mean = (0 + math.radians(12) + math.radians(13) + math.pi / 2 + math.pi) / 5
    assert drawn.note.startswith(f"5 transitions, {mean:.3g} rad remain on average; 40 % point away")


def test_a_cosine_beyond_one_by_rounding_is_no_angle_beyond_the_half_turn() -> None:
    assert wedges(remaining(1.0000001, -1.0000001)) == {0: 1, 35: 1}


def test_the_rim_tells_angle_and_loss() -> None:
    texts = [label["text"] for label in remaining(1.0).layout["annotations"]]
    assert texts[:5] == ["0<br>loss 0", "π/4<br>loss 0.29", "π/2<br>loss 1", "3π/4<br>loss 1.7", "π<br>loss 2"]
    assert texts[5].endswith("rim = 1 transition")


def test_wedges_are_as_long_as_they_are_full() -> None:
    outline = remaining(1.0, 1.0, -1.0).data[0]
    radii = [math.hypot(x, y) for x, y in zip(outline["x"], outline["y"], strict=True) if x is not None]
    assert radii == pytest.approx([0, *[1] * 5, 0, 0, *[0.5] * 5, 0])


def test_a_cosine_that_is_nan_is_left_out_and_said() -> None:
    assert remaining(1.0, math.nan).note.endswith("; 1 NaN left out")
    assert remaining(math.nan).note == "1 NaN left out: no angle can be computed"


def test_a_slice_has_its_own_angles() -> None:
    chosen: Tensor = torch.tensor([1])
    part = loss_input("vec_dqn", chosen=chosen, theta=torch.tensor([[0.0, 9.0]]), loss=torch.zeros(1, 2))
    assert THETA.make(part).note.startswith("1 of 1 transition (100 %) wrap")
