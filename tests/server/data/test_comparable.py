"""Numbers of types that torch does not compare keep their values in one that it does."""

import pytest
import torch

from mouse_dashboard.data.comparable import to_comparable


@pytest.mark.parametrize("dtype", [torch.uint16, torch.uint32, torch.uint64])
def test_unsigned_numbers_are_compared_as_what_they_are(dtype: torch.dtype) -> None:
    high = min(torch.iinfo(dtype).max, (1 << 63) - 1)
    values = torch.tensor([0, 5, high]).to(dtype)
    assert to_comparable(values).tolist() == [0, 5, high]
    assert not bool((to_comparable(values) < 0).any())


def test_beyond_the_largest_signed_integer_they_are_the_nearest_floats() -> None:
    values = torch.tensor([1, (1 << 64) - 1], dtype=torch.uint64)
    assert to_comparable(values).tolist() == [1.0, 2.0**64]


def test_anything_else_is_left_as_it_is() -> None:
    for values in (torch.zeros(0, dtype=torch.uint64), torch.ones(2), torch.tensor([True])):
        assert to_comparable(values).tolist() == values.tolist()
