"""Classes of transitions, against plain loops over the fields."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict

from mouse_dashboard.compute.slices.groupings import LAST_ROW, groupings, since_reset
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.schema.numbers import plain


def stream(**fields: torch.Tensor) -> TensorDict:
    return TensorDict(fields, list(next(iter(fields.values())).shape[:2]))


def labels(name: str, **fields: torch.Tensor) -> list[list[str]]:
    grouping = groupings(stream(**fields))[name]
    return [[grouping.labels[value] for value in row] for row in plain(grouping.index)]


def test_a_transition_has_what_led_to_the_row_after_it() -> None:
    done = torch.tensor([[1, 0, 1, 2, 7]])
    assert labels("done", done=done) == [["running", "terminal", "truncated", "unknown code", LAST_ROW]]
    action = torch.tensor([[9, 0, 2, -1, 1]])
    assert labels("action", action=action) == [["action 0", "action 2", "no such action", "action 1", LAST_ROW]]
    reward = torch.tensor([[5, -1, 0.0, 3, torch.nan]])
    assert labels("reward", reward=reward) == [["reward < 0", "reward = 0", "reward > 0", "reward NaN", LAST_ROW]]


def test_an_item_has_what_stands_in_its_own_row_and_no_time() -> None:
    done, action = torch.tensor([[0], [1], [2]]), torch.tensor([[1], [0], [1]])
    assert labels("done", done=done) == [["running"], ["terminal"], ["truncated"]]
    assert labels("action", action=action) == [["action 1"], ["action 0"], ["action 1"]]
    assert labels("reward", reward=torch.tensor([[-1.0], [0], [2]])) == [["reward < 0"], ["reward = 0"], ["reward > 0"]]
    assert LAST_ROW not in groupings(stream(done=done))["done"].labels
    assert "time" not in groupings(stream(done=done, time=action))


@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.uint8, torch.uint16, torch.uint32, torch.uint64])
def test_whatever_type_integers_are_stored_in_they_are_sorted_alike(dtype: torch.dtype) -> None:
    ones = torch.tensor([[1, 0, 1]])
    for name in ("action", "done", "reward", "time"):
        assert labels(name, **{name: ones.to(dtype)}) == labels(name, **{name: ones})


def test_time_is_that_of_the_row_itself() -> None:
    time = torch.tensor([[-1, 0, 1, 2, 3, 4, 1023, 1024, 9999]])
    spans = ["2 to 3", "2 to 3", "4 to 7", "512 to 1023", "1,024 on", "1,024 on"]
    assert labels("time", time=time) == [["time unknown", "time 0", "time 1", *(f"time {span}" for span in spans)]]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_without_time_it_is_counted_since_the_last_end(done: list[int]) -> None:
    expected, since = [], -1
    for code in done:
        expected.append(since)
        since = 0 if code else since + 1 if since >= 0 else -1
    assert since_reset(torch.tensor([done]))[0].tolist() == expected


def test_a_field_that_cannot_be_sorted_makes_no_classes() -> None:
    assert groupings(stream(action=torch.zeros(2, 3), reward=torch.zeros(2, 3, 1))) == {}


def test_a_sentinel_far_out_does_not_make_a_million_classes() -> None:
    grouping = groupings(stream(action=torch.tensor([[0, 10**9, 3]])))["action"]
    assert len(grouping.labels) == 4098
    assert [grouping.labels[value] for value in plain(grouping.index[0])] == ["no such action", "action 3", LAST_ROW]


def test_places_are_rows_and_steps_of_the_batch() -> None:
    values = torch.arange(20).view(4, 5)
    places = Selection((1, 3), (2, 5), torch.tensor([0, 4]))
    assert places.take(values).tolist() == [7, 13]
    assert [places.of(0), places.of(1)] == [(1, 2), (2, 3)]
    assert (places.count, Selection((1, 3), (2, 5)).count) == (2, 6)
