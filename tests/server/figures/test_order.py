"""Order without sorting: quantiles are those of a plain sort, whatever the signs, sizes and gaps."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mouse_dashboard.figures.order import ordered

SHARES = (0, 0.01, 0.3, 0.5, 0.99, 1)
numbers = st.one_of(st.floats(width=32), st.floats(99, 101, width=32), st.sampled_from([0.0, 1.0, -1.0]))


def plain_quantile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of the finite ones do not exceed, by counting."""
    finite = sorted(value for value in values if math.isfinite(value))
    enough = (value for place, value in enumerate(finite, start=1) if place >= share * len(finite))
    return next(enough, math.nan)


@given(st.lists(st.tuples(numbers, st.integers(0, 2)), min_size=1, max_size=60))
def test_quantiles_of_each_group_are_those_of_a_plain_sort(drawn: list[tuple[float, int]]) -> None:
    values, groups = (torch.tensor(column) for column in zip(*drawn, strict=True))
    found = ordered(values, groups, 3)
    for group in range(3):
        own = [value for value, its in drawn if its == group]
        expected = [plain_quantile(own, share) for share in SHARES]
        assert found.quantiles(SHARES, group) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


def test_doubles_keep_their_order_and_stay_finite() -> None:
    values = torch.tensor([1e300, -1e300, 0.1, math.inf, 1.0], dtype=torch.float64)
    most = torch.finfo(torch.float32).max
    assert ordered(values).quantiles((0, 0.5, 0.75, 1)) == [-most, pytest.approx(0.1), 1.0, most]
