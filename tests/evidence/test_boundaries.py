"""Numbers beside the rows that tell episodes apart, and those that do not."""

import pytest
import torch

from mouse.evidence.boundaries import episode_of_rows

EPISODES = [0, 0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    "numbers",
    [[0, 3, 4], [0, 3, 4, 6], [3, 4, 6], [2, 3, 5], [3, 1, 2]],
    ids=["first rows", "first rows and the end", "rows after the last", "last rows", "lengths"],
)
def test_episodes_are_told_by_one_number_each(numbers: list[int]) -> None:
    found = episode_of_rows(torch.tensor(numbers, dtype=torch.int32), 6)
    assert found is not None
    assert found.tolist() == EPISODES


@pytest.mark.parametrize("numbers", [[3, 3, 6], [0, 3, 7], [-1, 6], [2, 3], [6], [1, 2, 4], [3, 0, 3]])
def test_other_numbers_tell_none(numbers: list[int]) -> None:
    assert episode_of_rows(torch.tensor(numbers), 6) is None


def test_neither_fractions_nor_flags_tell_episodes() -> None:
    assert episode_of_rows(torch.tensor([3.0, 6.0]), 6) is None
    assert episode_of_rows(torch.tensor([True, True]), 2) is None
