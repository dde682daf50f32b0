"""Rows of a buffer that were never written are found by sizes beside them, else by zeros."""

import pytest
import torch
from torch import Tensor

from mouse.evidence.unwritten import all_zero, written

WRITTEN = 40


def zero_rows(*parts: tuple[int, int], dull: tuple[int, ...] = ()) -> Tensor:
    """Parts of written and empty rows; written ones whose every column is zero too."""
    zero = torch.cat([torch.tensor([False] * full + [True] * empty) for full, empty in parts])
    zero[list(dull)] = True
    return zero


def found_in(zero: Tensor, **beside: object) -> tuple[list[int], str | None] | None:
    found = written(zero, {name: torch.tensor(value) for name, value in beside.items()})
    if found is None:
        return None
    return [row for row in range(len(zero)) if not bool(found.rows[row])], found.source


def test_a_size_tells_steps_of_zeros_from_empty_rows() -> None:
    zero = zero_rows((WRITTEN, 20), dull=(38, 39))
    assert found_in(zero, size=WRITTEN, seed=7, capacity=60) == ([*range(40, 60)], "size")
    assert found_in(zero, done=True, gamma=0.9, state=[1, 2]) == ([*range(38, 60)], None)


def test_a_number_far_behind_the_zeros_is_no_size() -> None:
    assert found_in(zero_rows((WRITTEN, 20)), seed=58) == ([*range(40, 60)], None)


def test_parts_are_filled_from_their_first_rows_on() -> None:
    zero = zero_rows((10, 5), (12, 3))
    empty = [10, 11, 12, 13, 14, 27, 28, 29]
    assert found_in(zero, lengths=[10, 12], offset=[0, 15]) == (empty, "lengths")
    assert found_in(zero, lengths=[10, 12]) == (empty, "lengths")
    uneven = zero_rows((10, 5), (3, 2))
    assert found_in(uneven, lengths=[10, 3], offset=[0, 15]) == ([10, 11, 12, 13, 14, 18, 19], "lengths")


def test_full_parts_are_known_by_their_first_rows() -> None:
    zero = zero_rows((10, 0), (20, 0))
    found = written(zero, {"lengths": torch.tensor([10, 20]), "offset": torch.tensor([0, 10])})
    assert found is not None
    assert (bool(found.rows.all()), found.parts) == (True, (0, 10))
    assert written(zero, {"lengths": torch.tensor([15, 15])}) is None


@pytest.mark.parametrize("lengths", [[10, -1], [10, 40], [5, 5]])
def test_numbers_that_are_no_lengths_tell_nothing_of_parts(lengths: list[int]) -> None:
    zero = zero_rows((10, 5), (12, 3))
    found = written(zero, {"lengths": torch.tensor(lengths), "offset": torch.tensor([0, 40])})
    assert found is None or found.source is None


@pytest.mark.parametrize(
    ("zero", "empty"),
    [
        (zero_rows((40, 1)), None),
        (zero_rows((40, 8), dull=(3, 4)), None),
        (zero_rows((40, 9), dull=(3, 4)), 9),
        (zero_rows((0, 9)), None),
        (zero_rows((40, 0)), None),
    ],
)
def test_zeros_alone_prove_it_where_they_are_many(zero: Tensor, empty: int | None) -> None:
    found = written(zero, {})
    assert (None if found is None else int((~found.rows).sum())) == empty


def test_a_counter_of_rows_is_no_part_of_what_was_written() -> None:
    columns = [torch.arange(4), torch.tensor([[1.0, 0], [0, 0], [0, 2], [0, 0]]), torch.zeros(4, dtype=torch.complex64)]
    assert all_zero(columns, 4).tolist() == [False, True, False, True]


def test_a_tail_of_minus_one_or_of_no_number_is_empty_too() -> None:
    written_part = torch.arange(WRITTEN) % 7 + 1
    empty = torch.tensor([False] * WRITTEN + [True] * 20)

    def column(fill: float, dtype: torch.dtype = torch.int64) -> Tensor:
        return torch.cat([written_part.to(dtype), torch.full((20,), fill, dtype=dtype)])

    columns = [column(0), column(-1), column(torch.nan, torch.float32), column(torch.nan, torch.float32).view(-1, 1)]
    assert all_zero(columns, 60).equal(empty)
    cost = column(-1)
    cost[5] = -1  # a value as any other
    assert not all_zero([*columns, cost], 60).any()
    assert not all_zero([column(255, torch.uint8)], 60).any()
