"""Pooling keeps extremes, counts what is not finite, and never shows more cells than the budget."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse_dashboard.figures.figure import TermSlice
from mouse_dashboard.figures.pooling import pool
from mouse_dashboard.figures.term_map import TERM_MAP
from mouse_dashboard.schema.numbers import plain

values = st.one_of(st.floats(-1e3, 1e3, width=32), st.sampled_from([math.nan, math.inf, -math.inf]))


@st.composite
def maps(draw: st.DrawFn) -> Tensor:
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 13))
    row = st.lists(values, min_size=columns, max_size=columns)
    return torch.tensor(draw(st.lists(row, min_size=rows, max_size=rows)), dtype=torch.float32)


def cell_values(term: Tensor, cell: tuple[int, int], i: int, j: int) -> list[float]:
    height, width = cell
    block = term[i * height : (i + 1) * height, j * width : (j + 1) * width]
    return [float(v) for v in block.flatten()]


@given(maps(), st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=200)
def test_every_cell_equals_a_plain_loop_over_its_values(term: Tensor, max_rows: int, max_columns: int) -> None:
    pooled = pool(term, max_rows, max_columns)
    assert pooled.mean.shape[0] <= max_rows
    assert pooled.mean.shape[1] <= max_columns
    for i in range(pooled.mean.shape[0]):
        for j in range(pooled.mean.shape[1]):
            everything = cell_values(term, pooled.cell, i, j)
            finite = [v for v in everything if math.isfinite(v)]
            assert int(pooled.non_finite[i, j]) == len(everything) - len(finite)
            if not finite:
                assert all(math.isnan(part[i, j]) for part in (pooled.mean, pooled.min, pooled.max))
                continue
            assert math.isclose(float(pooled.mean[i, j]), sum(finite) / len(finite), rel_tol=1e-4, abs_tol=1e-3)
            assert float(pooled.min[i, j]) == min(finite)
            assert float(pooled.max[i, j]) == max(finite)
            assert abs(float(pooled.peak[i, j])) == max(map(abs, finite))


def test_a_map_within_the_budget_is_shown_value_by_value() -> None:
    term = torch.tensor([[1.0, math.nan], [-math.inf, 4.0]])
    pooled = pool(term, 2, 2)
    assert pooled.cell == (1, 1)
    assert torch.equal(pooled.mean.isfinite(), term.isfinite())
    assert pooled.mean is pooled.max
    assert float(pooled.mean[1, 1]) == 4.0
    assert pooled.non_finite.tolist() == [[0, 1], [1, 0]]


def test_check_33_of_a_million_values_extremes_bad_cells_first_and_last_stay_and_a_cell_says_how_many_it_is() -> None:
    values = torch.zeros(1024, 1024)
    values[1023, 1023], values[0, 0] = 7.0, -9.0
    values[500, 3], values[2, 900] = math.nan, math.inf
    pooled = pool(values)
    assert float(pooled.max[-1, -1]) == 7.0
    assert float(pooled.min[0, 0]) == -9.0
    height, width = pooled.cell
    bad: list[list[int]] = plain(pooled.non_finite.nonzero())
    assert bad == [[2 // height, 900 // width], [500 // height, 3 // width]]
    assert pooled.mean.numel() <= 96 * 192
    term = TermInfo("", "A term.", signed=True, name="td_error", dims=("batch", "time"))
    note = TERM_MAP.make(TermSlice(term, values, (0, 1024), (0, 1024), 1024, "mean")).note
    assert note.startswith(f"1 cell = {height} sequences x {width} transitions, mean; 1,048,576 transitions in all")
    assert note.endswith("1 NaN, 1 +inf in magenta")
