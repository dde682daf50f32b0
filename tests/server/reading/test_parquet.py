"""Parquet gives its columns; text becomes whole numbers, and what is no array is left out and said."""

import io
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mouse_dashboard.reading.sandbox import parquet
from mouse_dashboard.reading.sandbox.flat_parquet import FlatParquet
from mouse_dashboard.reading.sandbox.parquet import pq
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.reading import here, lists, read

pytestmark = pytest.mark.process

pa: Any = import_module("pyarrow")  # compiled: unknown to type checkers


def table(**columns: Any) -> bytes:
    return written(pa.table(columns))


def written(of: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(of, file, **options)
    return file.getvalue()


def test_a_frame_of_pandas_gives_its_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "episode": ["b", "b", "a"],
            "kind": pd.Categorical(["z", "y", "z"]),
            "step": [0, 1, 0],
            "reward": [1.5, np.nan, -2.5],
            "done": [False, True, False],
            "obs": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        }
    )
    frame.to_parquet(tmp_path / "frame.parquet")
    content = (tmp_path / "frame.parquet").read_bytes()
    assert str(lists(tmp_path, content)) == str(
        {
            "episode": [0, 0, 1],
            "kind": [0, 1, 0],
            "step": [0, 1, 0],
            "reward": [1.5, float("nan"), -2.5],
            "done": [False, True, False],
            "obs": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        }
    )
    assert read(tmp_path, content).notes == (
        "Text, stored as whole numbers in order of appearance: 'episode', 'kind'.",
        "Missing values, read as NaN: 'reward'.",
    )


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
def test_every_type_comes_out_bit_for_bit_over_batches_and_row_groups(dtype: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2, 300_000).astype(dtype)
    found = here(parquet, tmp_path, written(pa.table({"x": values}), row_group_size=70_000)).tensors["x"].numpy()
    assert (found.dtype, found.tobytes()) == (values.dtype, values.tobytes())


@pytest.mark.parametrize("size", [-1, 2])
def test_lists_of_one_length_become_dimensions(size: int, tmp_path: Path) -> None:
    kind = pa.list_(pa.list_(pa.int32(), size), 3 if size > 0 else -1)
    rows = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]
    assert here(parquet, tmp_path, table(x=pa.array(rows, kind))).lists == {"x": rows}


def test_text_is_numbered_alike_over_row_groups(tmp_path: Path) -> None:
    text = pa.table({"id": ["p", "q", "r", "q", "s", "p"]})
    assert here(parquet, tmp_path, written(text, row_group_size=2)).lists == {"id": [0, 1, 2, 1, 3, 0]}


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (pa.array([[1], [1, 2]]), "lists of different lengths"),
        (pa.array([[1, 2], None]), "lists of different lengths"),
        (pa.array([1, None]), "with missing values"),
        (pa.array([True, None]), "with missing values"),
        (pa.array([[1, None], [1, 2]]), "with missing values"),
        (pa.array(["a", None]), "with missing values"),
        (pa.array([b"a", b"b"]), "of type binary"),
        (pa.array([1, 2], pa.timestamp("s")), "of type timestamp[ms]"),
        (pa.array([["a"], ["b"]]), "of type list<element: string>"),
        (pa.nulls(2), "of type null"),
    ],
)  # fmt: skip
def test_what_is_no_array_is_left_out_and_said(column: Any, why: str, tmp_path: Path) -> None:
    found = here(parquet, tmp_path, table(a=[1, 2], odd=column, b=[3.0, 4.0]))
    assert found.lists == {"a": [1, 2], "b": [3, 4]}
    assert found.notes == [f"Dropped, {why}: 'odd'."]


def test_columns_in_structs_are_columns_of_their_own(tmp_path: Path) -> None:
    rows = [
        {"state": [1.0, 2.0], "at": {"step": 0}, "png": b"a"},
        {"state": [3.0, 4.0], "at": {"step": 1}, "png": b"b"},
    ]
    after = [{"reward": 0.5, "done": False}, {"reward": 1.5, "done": True}]
    found = here(parquet, tmp_path, table(observation=rows, action=[1, 0], next=after))
    assert found.lists == {
        "observation.state": [[1.0, 2.0], [3.0, 4.0]],
        "observation.at.step": [0, 1],
        "action": [1, 0],
        "next.reward": [0.5, 1.5],
        "next.done": [False, True],
    }
    assert found.notes == ["Dropped, of type binary: 'observation.png'."]


def test_a_struct_and_a_column_of_one_name_are_refused(tmp_path: Path) -> None:
    content = table(**{"next": [{"reward": 1.0}], "next.reward": [2.0]})
    assert "two fields of the name 'next.reward'" in here(parquet, tmp_path, content).refused


def test_columns_whose_names_begin_alike_are_kept_apart(tmp_path: Path) -> None:
    columns = {"next": [1, 2], "next.reward": [3, 4], "next.reward.list": [[5], [6]]}
    assert here(parquet, tmp_path, table(**columns)).lists == columns


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(x=pa.array(["a"], pa.binary())), "found no field of numbers"),
        (written(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])), "two fields of the name 'a'"),
        (table(**{"x" * 10_000: [1]}), "printable characters"),
        (b"PAR1", "a damaged file"),
        (table(a=[1, 2])[:-9], "no footer at the end"),
        (b"PAR", "no footer at the end"),
        (b"PAR1" + bytes(100) + b"PAR1", "a damaged file"),
    ],
)
def test_a_broken_table_is_told_apart(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in here(parquet, tmp_path, content).refused


def test_a_column_that_inflates_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bomb = written(pa.table({"x": np.zeros(40_000_000, np.int64)}), compression="zstd")
    assert len(bomb) < 200_000
    with pytest.raises(ApiError, match=r"320000000 bytes packed into|found 320000000 bytes unpacked"):
        read(tmp_path, bomb)
    assert not (tmp_path / "scratch" / "converted.safetensors").exists()


def test_nothing_is_read_beyond_the_rows_that_are_declared(tmp_path: Path) -> None:
    """The number of rows stands in the file twice; here the one in front says less than there are."""
    content = bytearray(table(x=np.arange(1000)))
    footer = content.rindex(b"\x16\xd0\x0f\x19")  # num_rows = 1000 as thrift writes it, before the list of row groups
    content[footer + 1 : footer + 3] = b"\xce\x0f"  # 999
    assert "another length than declared" in here(parquet, tmp_path, bytes(content)).refused


EPISODES: dict[str, Any] = {
    "id": ["x", "y"],
    "score": [1.5, 2.5],
    "observations": [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0], [9.0, 1.0]]],
    "actions": [[1, 2], [3]],
    "rewards": [[0.5, 1.5], [2.5]],
    "goal": [[1, 2, 3], [4, 5, 6]],
}


def test_lists_of_different_lengths_that_hold_rewards_are_the_steps_of_an_episode_each(tmp_path: Path) -> None:
    found = here(parquet, tmp_path, written(pa.table(EPISODES), row_group_size=1))
    assert found.lists == {
        "id": [0, 0, 1],
        "score": [1.5, 1.5, 2.5],
        "observations": [[1, 2], [3, 4], [7, 8]],
        "next_observations": [[3, 4], [5, 6], [9, 1]],
        "actions": [1, 2, 3],
        "rewards": [0.5, 1.5, 2.5],
        "episode": [0, 0, 1],
    }
    assert found.notes == [
        "Dropped, lists of other lengths than the steps: 'goal'.",
        "Text, stored as whole numbers in order of appearance: 'id'.",
        "One value an episode, repeated on each of its rows: 'id', 'score'.",
        "One row more than steps: without the last here, without the first with next_ in front: 'observations'.",
        "The number of the episode that each row is of: 'episode'.",
    ]


def test_episodes_of_one_length_with_a_state_more_are_steps_too(tmp_path: Path) -> None:
    found = here(parquet, tmp_path, table(obs=[[1, 2, 3], [4, 5, 6]], reward=[[0.5, 1.5], [2.5, 3.5]]))
    assert found.lists["next_obs"] == [2, 3, 5, 6]
    even = table(obs=[[1, 2], [4, 5]], reward=[[0.5, 1.5], [2.5, 3.5]])
    assert here(parquet, tmp_path, even).lists == {"obs": [[1, 2], [4, 5]], "reward": [[0.5, 1.5], [2.5, 3.5]]}


@pytest.mark.parametrize(
    "columns",
    [
        {"tokens": [[1, 2], [3]], "reward": [0.5, 1.5]},
        {"actions": [[1, 2], [3]], "reward": [0.5, 1.5]},
        {"actions": [[1, 2], None], "score": [0.5, 1.5]},
    ],
    ids=["tokens", "a reward a row", "a list missing"],
)
def test_other_lists_of_different_lengths_make_no_episodes(columns: dict[str, Any], tmp_path: Path) -> None:
    found = here(parquet, tmp_path, table(**columns))
    assert list(found.lists) == list(columns)[1:]
    assert found.notes == [f"Dropped, lists of different lengths: '{next(iter(columns))}'."]


def test_an_episode_whose_own_lists_differ_in_length_is_no_row_a_step(tmp_path: Path) -> None:
    columns = {"rewards": [[0.5, 1.5], [2.5]], "actions": [[1], [2, 3]]}
    found = here(parquet, tmp_path, table(**columns))
    assert found.lists == {"rewards": [0.5, 1.5, 2.5], "episode": [0, 0, 1]}
    assert "Dropped, lists of different lengths: 'actions'." in found.notes


def test_where_nothing_can_be_read_every_field_says_why(tmp_path: Path) -> None:
    content = table(tokens=[[1, 2], [3]], when=[pd.Timestamp(0).to_pydatetime()] * 2)
    assert here(parquet, tmp_path, content).refused == (
        "file: found no field of numbers (dropped, lists of different lengths: 'tokens'. Dropped, of type"
        " timestamp[us]: 'when'), expected at least one; save its arrays as numbers."
    )


def test_memory_holds_one_group_of_rows_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "groups.parquet"
    path.write_bytes(written(pa.table({"reward": np.random.default_rng(0).random(200_000)}), row_group_size=10_000))
    before, held = pa.total_allocated_bytes(), list[int]()
    with pq.ParquetFile(path) as file:
        for _batch in FlatParquet(file).iter_batches(1000, columns=["reward"]):
            held.append(pa.total_allocated_bytes() - before)
    assert len(held) == 200
    assert max(held) < path.stat().st_size / 4
