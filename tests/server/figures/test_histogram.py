"""Histograms count every finite value once and say what is left out."""

import base64
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse_dashboard.figures.figure import FigureOutput, TermSlice
from mouse_dashboard.figures.histogram import BINS, HISTOGRAM


def drawn(values: Tensor) -> FigureOutput:
    term = TermInfo("formula", "doc", name="td_error", dims=("batch", "time"))
    return HISTOGRAM.make(TermSlice(term, values, (0, values.shape[0]), (0, values.shape[1]), 0, "mean"))


def decoded(array: dict[str, Any]) -> list[float]:
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"]).tolist()


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=1, max_size=60))
def test_every_finite_value_is_counted_once_in_the_bin_it_lies_in(numbers: list[float]) -> None:
    figure = drawn(torch.tensor([numbers]))
    (bars,) = figure.data
    counts, centres = decoded(bars["y"]), decoded(bars["x"])
    finite = [n for n in numbers if math.isfinite(n)]
    assert sum(counts) == len(finite)
    assert all(math.isfinite(c) for c in [*centres, bars["width"]])
    if finite and max(finite) > min(finite):
        assert counts[0] >= 1
        assert counts[-1] >= 1


def test_bins_match_numpy_on_ordinary_values() -> None:
    values = torch.randn(8, 500, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    (bars,) = drawn(values).data
    expected, edges = np.histogram(values.numpy(), bins=BINS)
    assert decoded(bars["y"]) == expected.tolist()
    assert decoded(bars["x"]) == pytest.approx(((edges[1:] + edges[:-1]) / 2).tolist())


def test_whole_numbers_get_a_bin_each() -> None:
    (bars,) = drawn(torch.tensor([[0, 1, 1, 3]])).data
    assert decoded(bars["x"]) == [0.0, 1.0, 2.0, 3.0]
    assert decoded(bars["y"]) == [1, 2, 0, 1]


def test_booleans_are_counted_as_zero_and_one() -> None:
    (bars,) = drawn(torch.tensor([[True, False, True]])).data
    assert decoded(bars["y"]) == [1, 2]


def test_a_constant_term_fills_one_bin_around_its_value() -> None:
    figure = drawn(torch.full((2, 3), 5.0))
    assert decoded(figure.data[0]["x"]) == [5.0]
    assert figure.note == "6 transitions in 1 bin"


def test_what_is_not_finite_is_said_by_kind() -> None:
    figure = drawn(torch.tensor([[1.0, math.nan, math.inf, -math.inf, math.nan]]))
    assert figure.note.endswith("; 2 NaN, 1 +inf, 1 -inf left out")


def test_nothing_finite_gives_an_empty_figure_that_says_so() -> None:
    figure = drawn(torch.full((1, 2), math.nan))
    assert decoded(figure.data[0]["y"]) == []
    assert figure.note == "0 transitions in 0 bins; 2 NaN left out"


@pytest.mark.parametrize(("values", "tick"), [([1.0, 2.0, 2.0], 1), ([1.0] * 10, None)])
def test_few_values_are_counted_in_whole_numbers(values: list[float], tick: int | None) -> None:
    assert drawn(torch.tensor([values])).layout["yaxis"].get("dtick") == tick
