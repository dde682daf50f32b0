"""One sequence over time: every value of its terms, its ends, its cursor, and what a long one is pooled to."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.figures.figure import FigureOutput
from mouse_dashboard.figures.sequence import SEQUENCE
from mouse_dashboard.figures.timeline import MOST_STEPS
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, narrow, row_input

SHOWN = {
    "dqn": ["reward", "q_taken", "q_next_max", "td_target", "td_error", "discount", "loss"],
    "vec_dqn": ["theta", "cosine", "loss"],
    "sp": ["loss"],
    "sv": ["loss"],
}


def drawn(name: str, batch: Batch, row: int = 2, step: int = 3) -> FigureOutput:
    return SEQUENCE.make(row_input(name, batch, row, step))


def lines(figure: FigureOutput) -> dict[str, Any]:
    return {trace["name"]: trace for trace in figure.data if "customdata" in trace}


@pytest.mark.parametrize("name", LOSSES)
def test_every_value_of_the_row_is_drawn_bit_for_bit(name: str) -> None:
    batch = random_batch()
    terms, found = narrow(name, batch), lines(drawn(name, batch))
    assert list(found) == SHOWN[name]
    for term, trace in found.items():
        values = plain(terms[term][2])
        assert decoded(trace["y"]) == values
        assert (trace["x0"], trace["dx"]) == (0, 1)
        assert decoded(trace["customdata"]) == [[2, step] for step in range(len(values))]


def test_ends_of_both_kinds_are_told_apart_and_shade_their_transition() -> None:
    batch = random_batch(1, 6)
    batch.step_stream["done"][0] = torch.tensor([0, 0, 1, 0, 2, 1])
    figure = drawn("dqn", batch, 0)
    paths = {
        shape["name"]: re.findall(r"M([\d.]+),0H([\d.]+)", shape["path"]) for shape in figure.layout["shapes"][:-1]
    }
    assert paths == {"terminal": [("0.5", "1.5"), ("3.5", "4.5")], "truncated": [("2.5", "3.5")]}
    assert [trace["name"] for trace in figure.data[-2:]] == ["terminal", "truncated"]
    assert figure.note == "sequence 0, every one of 5 transitions; 2 terminal; 1 truncated"


def test_the_cursor_stands_at_the_selected_step() -> None:
    cursor = drawn("sv", random_batch(), step=4).layout["shapes"][-1]
    assert (cursor["x0"], cursor["x1"]) == (4, 4)


def test_panels_lie_below_each_other_without_overlap() -> None:
    layout = drawn("dqn", random_batch()).layout
    domains = [layout[f"yaxis{number}"]["domain"] for number in ("", 2, 3, 4, 5)]
    assert all(bottom < top for bottom, top in domains)
    assert all(above[0] > below[1] for above, below in pairwise(domains))


def test_as_many_steps_as_there_is_room_for_are_drawn_one_by_one() -> None:
    figure = drawn("sv", random_batch(1, MOST_STEPS), 0)
    assert len(decoded(lines(figure)["loss"]["y"])) == MOST_STEPS
    assert figure.note == "sequence 0, every one of 512 steps"


def test_a_longer_sequence_is_pooled_with_its_envelope_and_says_so() -> None:
    batch = random_batch(1, 1201)
    loss: list[float] = plain(narrow("sv", batch)["loss"][0])
    figure = drawn("sv", batch, 0)
    low, high, mean = (trace for trace in figure.data)
    parts = [loss[start : start + 3] for start in range(0, 1201, 3)]
    assert decoded(low["y"]) == [min(part) for part in parts]
    assert decoded(high["y"]) == [max(part) for part in parts]
    assert decoded(mean["y"]) == pytest.approx([sum(part) / len(part) for part in parts], rel=1e-5)
    assert decoded(mean["customdata"]) == [[0, 3 * i + part.index(max(part))] for i, part in enumerate(parts)]
    assert figure.note == "sequence 0, 1 point = mean, min and max of 3 of 1,201 steps"


def test_what_is_not_finite_is_a_gap_that_is_said() -> None:
    batch = random_batch()
    batch.step_stream["reward"][2, 3] = math.nan
    figure = drawn("dqn", batch)
    assert [math.isnan(value) for value in decoded(lines(figure)["reward"]["y"])] == [False, False, True, *[False] * 3]
    assert "1 NaN in reward left out" in figure.note
    assert "1 NaN in td_error left out" in figure.note
