"""Pooling keeps extremes, counts what is not finite, and never shows more cells than the budget."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mouse_dashboard.figures.pooling import pool

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


def test_the_extreme_of_a_million_values_survives_pooling() -> None:
    term = torch.zeros(1024, 1024)
    term[1023, 1023], term[0, 0] = 7.0, -9.0
    pooled = pool(term)
    assert float(pooled.max.max()) == 7.0
    assert float(pooled.peak.min()) == -9.0
    assert pooled.mean.numel() <= 96 * 192
