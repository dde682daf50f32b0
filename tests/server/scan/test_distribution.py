import math
import random
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.exact_sum import as_float, exact_sum, exact_sums, parts_of
from mouse_dashboard.scan.histogram import RELATIVE_ERROR, bins_of, edges_of, number_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.lists(FINITE, max_size=60)


@given(NUMBERS)
def test_a_sum_is_the_exact_one_rounded_once(values: list[float]) -> None:
    exact = sum(map(Fraction, values), Fraction(0))
    total = exact_sum(np.array(values))
    assert Fraction(total, 1 << 1074) == exact


@pytest.mark.parametrize("values", [[5e-324, -5e-324], [5e-324] * 3, [2.2250738585072014e-308, -5e-324], [1e308] * 2])
def test_a_sum_of_the_smallest_and_the_largest_numbers_is_exact(values: list[float]) -> None:
    total = exact_sum(np.array(values))
    assert Fraction(total, 1 << 1074) == sum(map(Fraction, values))
    assert as_float(total) == sum(values)


def test_sums_of_groups_are_those_of_their_numbers() -> None:
    values, groups = np.random.default_rng(0).normal(size=500), np.arange(500) % 7
    assert exact_sums(parts_of(values), groups, 8) == [exact_sum(values[groups == k]) for k in range(8)]


@given(st.lists(st.floats(), max_size=60), st.integers(1, 7), st.randoms(use_true_random=False))
def test_what_is_kept_of_numbers_does_not_depend_on_how_they_are_cut_or_merged(
    values: list[float], parts: int, shuffled: random.Random
) -> None:
    whole = Distribution.of(np.array(values))
    cut = [Distribution.of(np.array(values[start::parts])) for start in range(parts)]
    shuffled.shuffle(cut)
    assert reduce(Distribution.merge, cut) == whole
    assert list(reduce(Distribution.merge, cut, Distribution()).bins) == list(whole.bins)


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=60))
def test_mean_and_deviation_are_those_of_the_numbers(values: list[float]) -> None:
    found = Distribution.of(np.array(values))
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    assert found.mean == float(mean)
    scale = max(abs(value) for value in values)
    assert found.std == pytest.approx(math.sqrt(variance), rel=1e-6, abs=1e-7 * scale)


def test_a_small_deviation_of_large_numbers_is_not_lost() -> None:
    assert Distribution.of(np.array([2**26 + 0.0, 2**26 + 1.0])).std == math.sqrt(0.5)


@given(st.lists(FINITE, min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_is_off_by_less_than_the_width_of_a_bin(values: list[float], level: float) -> None:
    found = Distribution.of(np.array(values)).quantile(level)
    exact = sorted(values)[math.floor(level * (len(values) - 1))]
    assert abs(found - exact) <= max(RELATIVE_ERROR * abs(exact), np.finfo(float).tiny)


@given(FINITE)
def test_a_number_lies_in_its_bin(value: float) -> None:
    (key,) = bins_of(np.array([value]))
    low, high = edges_of(key)
    assert low <= value <= high
    assert low <= number_of(key) <= high


def test_numbers_that_are_none_are_counted_apart() -> None:
    found = Distribution.of(np.array([math.nan, math.inf, -math.inf, math.inf, 2.0]))
    assert (found.count, found.nan, found.positive_infinity, found.negative_infinity) == (1, 1, 2, 1)
    assert (found.non_finite, found.sum, found.minimum, found.maximum) == (4, 2.0, 2.0, 2.0)


def test_no_numbers_have_no_mean() -> None:
    assert math.isnan(Distribution().mean)
    assert math.isnan(Distribution().std)
    assert math.isnan(Distribution().quantile(0.5))
