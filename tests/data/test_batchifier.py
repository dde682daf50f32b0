"""Batches of windows: which rows, in which order, of which type, and what is said where there are none."""

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict

from mouse.data import PrefetchBatchifier
from mouse.errors import BatchError, MissingFieldError


def stream(steps: int) -> dict[str, Any]:
    """Every row tells its number."""
    return {"action": torch.arange(steps), "reward": torch.arange(steps) / 10}


def actions(batches: PrefetchBatchifier) -> list[Any]:
    return [batch["action"].tolist() for batch in batches]


def test_windows_come_in_order_and_the_last_batch_is_smaller() -> None:
    batches = PrefetchBatchifier(stream(11), batch_size=2, length=3)
    assert actions(batches) == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8]]]
    assert (len(batches), batches.windows, batches.left_over) == (2, 3, 2)


def test_the_last_batch_may_be_dropped() -> None:
    batches = PrefetchBatchifier(stream(11), batch_size=2, length=3, drop_last=True)
    assert actions(batches) == [[[0, 1, 2], [3, 4, 5]]]
    assert len(batches) == 1


def test_windows_may_overlap() -> None:
    batches = PrefetchBatchifier(stream(5), batch_size=9, length=3, stride=1)
    assert actions(batches) == [[[0, 1, 2], [1, 2, 3], [2, 3, 4]]]


@pytest.mark.parametrize("name", ["numbers", "text"])
def test_no_window_crosses_a_change_of_the_sequence(name: str) -> None:
    steps = stream(7) | {"numbers": [5, 5, 5, 9, 9, 9, 9], "text": ["b", "b", "b", "a", "a", "a", "a"]}
    fields = ["action", name]
    batches = PrefetchBatchifier(steps, batch_size=4, length=2, sequence_id=name, fields=fields)
    (batch,) = batches
    assert batch["action"].tolist() == [[0, 1], [3, 4], [5, 6]]
    first, second = {"numbers": (5, 9), "text": (0, 1)}[name]
    assert batch[name].tolist() == [[first] * 2, [second] * 2, [second] * 2]
    assert batches.left_over == 1


def test_the_sequence_need_not_be_read() -> None:
    steps = stream(4) | {"id": ["x", "x", "y", "y"]}
    (batch,) = PrefetchBatchifier(steps, batch_size=4, length=2, sequence_id="id", fields=["action"])
    assert set(batch.keys()) == {"action"}


@given(
    steps=st.integers(1, 40),
    length=st.integers(1, 6),
    stride=st.integers(1, 7),
    batch_size=st.integers(1, 5),
    prefetch=st.integers(1, 9),
    seed=st.integers(0, 2**63 - 1),
)
def test_an_epoch_holds_every_window_once_whatever_is_prefetched(
    *, steps: int, length: int, stride: int, batch_size: int, prefetch: int, seed: int
) -> None:
    given_steps = stream(steps + length)
    windows = [list(range(at, at + length)) for at in range(0, steps + 1, stride)]
    how: dict[str, Any] = {"batch_size": batch_size, "length": length, "stride": stride, "seed": seed, "shuffle": True}
    batches = PrefetchBatchifier(given_steps, prefetch=prefetch, **how)
    first, second = list(batches), list(batches)
    for epoch in first, second:
        assert sorted(window for batch in epoch for window in batch["action"].tolist()) == windows
        assert [len(batch) for batch in epoch[:-1]] == [batch_size] * (len(epoch) - 1)
        for batch in epoch:
            torch.testing.assert_close(batch["reward"], batch["action"] / 10, rtol=0, atol=0)
    again = PrefetchBatchifier(given_steps, prefetch=1, **how)
    assert actions(again) == [batch["action"].tolist() for batch in first]
    resumed = PrefetchBatchifier(given_steps, **how)
    resumed.epoch = 1
    assert actions(resumed) == [batch["action"].tolist() for batch in second]


def test_epochs_and_seeds_are_shuffled_differently_and_the_callers_random_state_stays() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    one = PrefetchBatchifier(stream(200), batch_size=200, length=1, shuffle=True)
    other = PrefetchBatchifier(stream(200), batch_size=200, length=1, shuffle=True, seed=1)
    orders = [actions(one), actions(one), actions(other), actions(other)]
    assert all(orders[i] != orders[j] for i in range(4) for j in range(i))
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int64", "float16", "float32", "float64", "bool"])
def test_types_and_shapes_of_arrays_stay(dtype: str) -> None:
    array = np.arange(4 * 2 * 3).reshape(4, 2, 3).astype(dtype)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (batch,) = PrefetchBatchifier({"x": array}, batch_size=2, length=2)
    assert batch["x"].shape == (2, 2, 2, 3)
    assert batch["x"].numpy().dtype == array.dtype
    np.testing.assert_array_equal(batch["x"].numpy(), array.reshape(2, 2, 2, 3))


def test_a_memory_map_is_read_where_it_lies(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(6.0))
    (batch,) = PrefetchBatchifier({"x": np.load(tmp_path / "x.npy", mmap_mode="r")}, batch_size=2, length=3)
    assert batch["x"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_tensordict_of_steps_is_read_and_batches_are_copies_without_gradient() -> None:
    steps = TensorDict({"x": torch.arange(4.0, requires_grad=True)}, batch_size=[4])
    (batch,) = PrefetchBatchifier(steps, batch_size=2, length=2)
    assert not batch["x"].requires_grad
    batch["x"].zero_()
    assert steps["x"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("steps", "how", "said"),
    [
        ({}, {}, "steps: found no fields"),
        ({"a": [1, 2], "b": [1]}, {}, "steps.b: found 1 steps, expected 2 as in 'a'"),
        ({"a": 3}, {}, "steps.a: found a int without a length"),
        ({"a": ["x", "y"]}, {}, "steps.a: found no numbers"),
        ({"a": np.array([{}, {}])}, {}, "steps.a: found no numbers"),
        ({"a": [0.5, 1.5]}, {"sequence_id": "a"}, r"steps.a: found torch.float32 \[2\], expected integers or text"),
        ({"a": [[1], [1]]}, {"sequence_id": "a"}, r"steps.a: found torch.int64 \[2, 1\]"),
        ({"a": [1, 2]}, {"length": 3}, "length: found 3 steps, expected at most 2"),
        ({"a": [1, 2]}, {"batch_size": 3, "drop_last": True}, "steps: found 2 windows, expected at least batch_size"),
        ([1, 2], {}, "steps: found a list, expected a dict of arrays"),
    ],
)
def test_what_cannot_be_read_is_told_at_once(steps: Any, how: dict[str, Any], said: str) -> None:
    asked: dict[str, Any] = {"batch_size": 1, "length": 1} | how
    with pytest.raises(BatchError, match=said):
        PrefetchBatchifier(steps, **asked)


@pytest.mark.parametrize("how", [{"fields": ["b"]}, {"sequence_id": "b"}])
def test_a_field_that_is_not_there_is_named(how: dict[str, Any]) -> None:
    with pytest.raises(MissingFieldError, match=r"steps\.b: found only a"):
        PrefetchBatchifier({"a": [1]}, batch_size=1, length=1, **how)


@pytest.mark.parametrize("name", ["batch_size", "length", "stride", "prefetch"])
def test_a_size_below_one_is_named(name: str) -> None:
    how: dict[str, Any] = {"batch_size": 1, "length": 1, name: 0}
    with pytest.raises(ValueError, match=f"{name}: found 0, expected 1 or more"):
        PrefetchBatchifier({"a": [1]}, **how)


def test_a_missing_pyarrow_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r"pyarrow: .*pip install pyarrow"):
        PrefetchBatchifier("steps.parquet", batch_size=1, length=1)
