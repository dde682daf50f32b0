"""Planted jumps are named at their step; stationary, drifting and learning-like series are silent."""

from collections.abc import Callable

import numpy as np
import pytest

from mouse_dashboard.runs.history.change_point import Floats, Kind, change_points

LENGTH = 150
Random = np.random.Generator


def stationary(random: Random) -> Floats:
    return np.exp(random.normal(0, random.uniform(0.05, 1.5), LENGTH))


def heavy_tailed(random: Random) -> Floats:
    return random.standard_t(3, LENGTH)


def correlated(random: Random) -> Floats:
    share, values = random.choice([0.5, 0.9, 0.98]), np.zeros(LENGTH)
    for at in range(1, LENGTH):
        values[at] = share * values[at - 1] + random.normal()
    return np.exp(0.3 * values)


def drifting(random: Random) -> Floats:
    return np.exp(np.cumsum(random.normal(random.uniform(-0.05, 0.05), 0.1, LENGTH)))


def trending(random: Random) -> Floats:
    return np.exp(np.linspace(0, random.uniform(-6, 6), LENGTH) + random.normal(0, 0.1, LENGTH))


def falling_loss(random: Random) -> Floats:
    loss = 10 * np.exp(-np.arange(LENGTH) / random.uniform(3, 100)) + 0.1
    return loss * np.exp(random.normal(0, random.uniform(0.02, 0.5), LENGTH))


def rising_return(random: Random) -> Floats:
    middle, width = random.uniform(20, 130), random.uniform(5, 40)
    learned = 0.02 + 1 / (1 + np.exp(-(np.arange(LENGTH) - middle) / width))
    return learned * np.exp(random.normal(0, random.uniform(0.05, 0.5), LENGTH))


def updated_targets(random: Random) -> Floats:
    period = random.integers(5, 60)
    return (1 + np.arange(LENGTH) % period / period) * np.exp(random.normal(0, 0.05, LENGTH))


def cyclic(random: Random) -> Floats:
    return np.exp(np.sin(np.arange(LENGTH) / random.uniform(2, 40)) + random.normal(0, 0.1, LENGTH))


def rare_events(random: Random) -> Floats:
    return random.poisson(random.uniform(0.05, 2), LENGTH).astype(float)


SILENT: list[Callable[[Random], Floats]] = [
    stationary, heavy_tailed, correlated, drifting, trending, falling_loss, rising_return, updated_targets, cyclic,
    rare_events,
]  # fmt: skip


@pytest.mark.parametrize("make", SILENT)
def test_series_without_a_jump_are_silent_at_every_length(make: Callable[[Random], Floats]) -> None:
    """40 runs of 150 snapshots of each kind: 60,000 snapshots in all; the last ones are those that can be otherwise."""
    random = np.random.default_rng(15)
    for _ in range(40):
        series = make(random)
        assert change_points(series, "scale") == []
        for length in range(20, LENGTH, 13):
            assert change_points(series[:length], "scale") == [], length


def test_counted_shares_without_a_jump_are_silent() -> None:
    random = np.random.default_rng(15)
    for _ in range(200):
        count = int(random.integers(8, 400))
        shares = random.binomial(count, random.uniform(0.005, 0.5), LENGTH) / count
        assert change_points(shares, "share") == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("factor", "lasting"), [(1000, 1), (1 / 1000, 1), (30, 3), (8, 5), (1 / 8, 5)])
def test_a_jump_of_a_scale_is_found_at_its_snapshot_and_as_soon_as_it_can_be(
    factor: float, lasting: int, seed: int
) -> None:
    series = np.exp(np.random.default_rng(seed).normal(0, 0.15, 60))
    series[40:] *= factor
    for length in (40 + lasting, 60):
        (found,) = change_points(series[:length], "scale")
        assert (found.at, found.lasting) == (40, True)
        assert 0.5 * factor < found.after / found.before < 2 * factor


@pytest.mark.parametrize("seed", range(20))
def test_a_jump_on_top_of_a_trend_is_found_at_its_snapshot(seed: int) -> None:
    series = np.exp(np.linspace(0, 4, 80) + np.random.default_rng(seed).normal(0, 0.1, 80))
    series[50:] *= 20
    assert [found.at for found in change_points(series, "scale")] == [50]


def test_two_jumps_are_two() -> None:
    series = np.exp(np.random.default_rng(0).normal(0, 0.1, 90))
    series[30:60] *= 100
    assert [found.at for found in change_points(series, "scale")] == [30, 60]


def test_a_single_value_far_off_is_called_one_once_the_next_is_there() -> None:
    series = np.exp(np.random.default_rng(0).normal(0, 0.1, 60))
    series[40] *= 1000
    (at_once,) = change_points(series[:41], "scale")
    (later,) = change_points(series, "scale")
    assert (at_once.at, at_once.lasting, later.at, later.lasting) == (40, True, 40, False)


@pytest.mark.parametrize(
    ("kind", "before", "after", "found"),
    [
        ("share", 0.0, 1.0, 1), ("share", 0.3, 0.95, 2), ("share", 0.3, 0.4, 0), ("scale", 1.0, 2.9, 0),
        ("scale", 1.0, 3.1, 2), ("scale", 1.0, 11.0, 1), ("level", -1.0, 5.0, 5), ("level", 0.0, 0.0, 0),
    ],
)  # fmt: skip
def test_what_stood_still_needs_a_change_that_matters(kind: Kind, before: float, after: float, found: int) -> None:
    """`found` is how many snapshots after the jump it takes; 0 where it is none."""
    for count in range(1, 6):
        series = np.array([before] * 20 + [after] * count)
        assert bool(change_points(series, kind)) == (0 < found <= count), count


def test_a_climb_is_no_jump() -> None:
    series = np.concatenate([np.full(30, 0.1), np.geomspace(0.1, 10, 6), np.full(30, 10.0)])
    assert change_points(series * np.exp(np.random.default_rng(0).normal(0, 0.02, len(series))), "scale") == []


@pytest.mark.parametrize("length", [0, 1, 8])
def test_a_short_history_says_nothing(length: int) -> None:
    assert change_points(np.ones(length), "scale") == []
