"""Rewards that ordinary steps do not vary in stand where ends stand, or one row before."""

import pytest
import torch

from mouse.mapping.prove_alignment import _sparse_reward_lag  # pyright: ignore[reportPrivateUsage]

ENDS = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
BEFORE = [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
FIRST = [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("reward", "end_lag", "expected"),
    [
        (ENDS, 1, 1),
        (ENDS, 0, 0),
        (ENDS, None, None),
        (BEFORE, 1, 0),
        (BEFORE, 0, None),
        (FIRST, 1, None),
        ([1 - each for each in FIRST], 1, 1),
        ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 1, None),
    ],
)
def test_a_lag_is_told_where_only_one_explains_them(
    reward: list[int], end_lag: int | None, expected: int | None
) -> None:
    end, first = (torch.tensor(rows, dtype=torch.bool) for rows in (ENDS, FIRST))
    assert _sparse_reward_lag(torch.tensor(reward, dtype=torch.float32), end, first, end_lag) == expected
