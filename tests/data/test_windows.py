"""Where windows begin, against a plain loop."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mouse.data.windows import covered, window_starts
from mouse.errors import BatchError


def reference(lengths: list[int], length: int, stride: int) -> list[int]:
    """First steps of the windows of sequences that lie one after the other."""
    starts: list[int] = []
    begin = 0
    for steps in lengths:
        at = begin
        while at + length <= begin + steps:
            starts.append(at)
            at += stride
        begin += steps
    return starts


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(1, 12), st.integers(1, 5))
def test_windows_of_sequences(lengths: list[int], length: int, stride: int) -> None:
    ids = torch.tensor([name % 2 for name, steps in enumerate(lengths) for _ in range(steps)])  # an id may come again
    expected = reference(lengths, length, stride)
    if not expected:
        with pytest.raises(BatchError, match=rf"length: .* at most {max(lengths)}, the steps of the longest sequence"):
            window_starts(len(ids), length, stride, ids)
        return
    starts = window_starts(len(ids), length, stride, ids)
    assert starts.tolist() == expected
    assert covered(starts, len(ids), length) == len({start + step for start in expected for step in range(length)})


def test_without_ids_the_stream_is_one_sequence() -> None:
    assert window_starts(10, length=4, stride=3).tolist() == [0, 3, 6]


def test_no_steps_have_no_window() -> None:
    with pytest.raises(BatchError, match="found 2 steps, expected at most 0"):
        window_starts(0, length=2, stride=1, ids=torch.zeros(0, dtype=torch.int64))
