"""The TD errors of each kind of end, counted by a plain loop."""

import math
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from mouse_dashboard.figures.class_distributions import BINS, Values, spread
from mouse_dashboard.figures.figure import FigureOutput
from mouse_dashboard.figures.td_error_by_end import TD_ERROR_BY_END
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input

ENDS = ("running", "terminal", "truncated")
numbers = st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, math.nan, math.inf, -math.inf]))


def of_errors(errors: list[float], codes: list[int]) -> FigureOutput:
    code = torch.tensor([codes])
    planted = {"td_error": torch.tensor([errors]), "terminal": code == 1, "truncated": code == 2}
    return TD_ERROR_BY_END.make(loss_input("dqn", random_batch(1, len(errors) + 1), None, None, **planted))


def test_each_end_has_its_quantiles_and_its_slice() -> None:
    drawn = of_errors([-3.0, 1.0, 2.0, 0.5, -2.0, math.nan], [0, 0, 0, 1, 1, 1])
    strips = {trace["name"]: trace for trace in drawn.data if trace.get("yaxis") == "y2"}
    assert strips["running: p1, median, p99"]["x"] == [-3, 1, 2]
    assert strips["terminal: p1, median, p99"]["x"] == [-2, -2, 0.5]
    assert strips["terminal: p1, median, p99"]["customdata"][0] == ["done:1", "terminal", 2]
    assert len(strips) == 2
    assert drawn.note == "median [p1, p99]: running 1 [-3, 2]; terminal -2 [-2, 0.5]; 1 NaN left out"
    assert (
        "terminal: 2 transitions<br>median -2, p1 -2, p99 0.5" in strips["terminal: p1, median, p99"]["hovertemplate"]
    )


def test_outlines_are_percent_of_their_own_class() -> None:
    found: dict[str, Any] = {trace["name"]: trace for trace in of_errors([-1.0, 1.0, 1.0, 0.0], [0, 0, 0, 2]).data}
    shares = [share for share in decoded(found["running"]["y"]) if share]
    assert shares == pytest.approx([100 / 3, 200 / 3])
    assert [share for share in decoded(found["truncated"]["y"]) if share] == [100]


def test_what_lies_beyond_the_bins_is_said() -> None:
    drawn = of_errors([*[0.0] * 150, *[1.0] * 150, 500.0], [0] * 301)
    assert drawn.note.endswith("running 1 [0, 1]; 1 transition beyond the axis")
    assert drawn.layout["xaxis"]["range"] == pytest.approx([-0.15, 1.15])


def test_a_batch_without_a_finite_error_draws_nothing_and_says_why() -> None:
    drawn = of_errors([math.nan, math.inf], [0, 1])
    assert (drawn.data, drawn.note) == ([], "nothing to draw: 1 NaN, 1 +inf")


@example([(-999578.0, 0), (-999582.0, 0)])
@given(st.lists(st.tuples(numbers, st.integers(0, 2)), min_size=1, max_size=60))
def test_bins_hold_what_a_loop_counts(drawn: list[tuple[float, int]]) -> None:
    values, codes = (torch.tensor(column) for column in zip(*drawn, strict=True))
    info = spread(Values(ENDS, values, codes))
    counted: list[list[int]] = plain(info.bins)
    for one, bins in zip(info.classes, counted, strict=True):
        own = [value for value, code in drawn if ENDS[code] == one.name and math.isfinite(value)]
        places = [(value - info.low) / info.width for value in own]
        assert one.count == len(own)
        assert sum(bins) == pytest.approx(sum(0 <= place < BINS for place in places), abs=1)
        # A value on an edge may round to either side; how far that reaches is float32's step at the largest value.
        slack = 1e-3 + max(map(abs, own), default=0.0) * 2**-22 / info.width
        for number, count in enumerate(bins):
            assert sum(number + slack < place < number + 1 - slack for place in places) <= count
            assert count <= sum(number - slack < place < number + 1 + slack for place in places)
