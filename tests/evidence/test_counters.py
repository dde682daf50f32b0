"""What columns count is told by their values."""

import pytest
import torch
from torch import Tensor

from mouse.evidence.counters import counter_continues, counts_episodes, counts_rows, in_runs, period, step_size


@pytest.mark.parametrize(
    ("values", "roles"),
    [
        ([0, 1, 2, 3, 4, 5], "row"),
        ([5, 5, 5, 5], ""),
        ([0, 0, 0, 1, 1, 2, 2], "episode"),
        ([9, 9, 4, 4, 4, 7, 7], "episode"),
        ([4, 4, 7, 7, 9, 9, 9, 4], "episode"),  # the seam of a full ring buffer
        ([4, 4, 7, 4, 4, 9, 9], ""),
        ([0, 1, 0, 2, 1, 2], ""),
        ([0, 1, 2, 0, 1, 0, 1, 2, 3], "step"),
        ([0, 4, 8, 0, 4, 0, 4, 8, 12], "step"),
        ([0, 1, 2, 0, 1, 2, 0, 1], "step turns"),
        ([3, 9, 1, 3, 9, 1], "turns"),
        ([3, 3, 1, 1, 3, 3, 1, 1], "turns"),
        ([3, 1, 3, 2, 3, 1, 3, 2], ""),
        ([0, 0, 1, 0, 0, 0, 1, 0], ""),
        ([7], ""),
        ([], ""),
    ],
)
def test_columns_are_told_by_their_values(values: list[int], roles: str) -> None:
    column = torch.tensor(values, dtype=torch.int64)
    found = {
        "row": counts_rows(column),
        "episode": counts_episodes(column),
        "step": step_size(column) is not None,
        "turns": period(column) is not None,
    }
    assert {name for name, yes in found.items() if yes} == {*roles.split()}


def test_a_counter_of_steps_may_miss_rows() -> None:
    values = torch.arange(40) % 10
    missing = torch.cat([values[:15], values[17:]])
    assert step_size(missing) == 1
    assert (~counter_continues(missing)).nonzero().flatten().tolist() == [9, 14, 17, 27]


@pytest.mark.parametrize(
    ("values", "expected"), [([1, 1], [False]), ([3, 2, 1], [False, False]), ([2, 4, 6], [True, True])]
)
def test_a_step_is_what_a_counter_mostly_goes_up_by(values: list[int], expected: list[bool]) -> None:
    assert counter_continues(torch.tensor(values)).tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [(torch.tensor([1, 1, 2]), True), (torch.tensor([1, 2, 1]), True), (torch.tensor([1, 2, 1, 2]), False)],
)
def test_numbers_stand_together_but_at_the_seam_of_a_ring(values: Tensor, expected: bool) -> None:
    assert in_runs(values) is expected
