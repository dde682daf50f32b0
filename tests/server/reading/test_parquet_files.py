"""A zip of Parquet files is read as one table: LeRobot keeps an episode or many in each file, and tables about them."""

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mouse_dashboard.reading.sandbox import zip_file
from tests.server.reading.reading import here, zipped

arrow: Any = pa
parquet_io: Any = pq


def table(**columns: list[Any]) -> bytes:
    file = io.BytesIO()
    parquet_io.write_table(arrow.table(columns), file)
    return file.getvalue()


def test_files_stand_one_after_the_other_in_the_order_of_their_names(tmp_path: Path) -> None:
    members = {"x/b.parquet": table(reward=[3.0], n=[7]), "x/a.parquet": table(reward=[1.0, 2.0], n=[5, 6])}
    found = here(zip_file, tmp_path, zipped(members))
    assert found.lists == {"reward": [1, 2, 3], "n": [5, 6, 7]}
    assert found.notes[0] == "2 Parquet files are read as one table, in order of their names."


def test_files_stand_in_the_order_of_the_numbers_in_their_names(tmp_path: Path) -> None:
    members = {f"part.{number}.parquet": table(reward=[float(number)]) for number in (10, 2, 0)}
    assert here(zip_file, tmp_path, zipped(members)).lists == {"reward": [0, 2, 10]}


def test_hidden_files_that_an_archiver_adds_are_not_read(tmp_path: Path) -> None:
    members = {"a.parquet": table(reward=[1.0]), "__MACOSX/._a.parquet": b"\0\5\x16\7", ".DS_Store": b"\0"}
    assert here(zip_file, tmp_path, zipped(members)).lists == {"reward": [1]}


def test_of_a_data_set_its_data_are_read_and_not_the_tables_about_them(tmp_path: Path) -> None:
    members = {
        "set/data/chunk-000/episode_000001.parquet": table(reward=[2.0]),
        "set/data/chunk-000/episode_000000.parquet": table(reward=[1.0]),
        "set/meta/episodes/chunk-000/file-000.parquet": table(length=[1, 1]),
        "set/meta/info.json": b"{}",
    }
    assert here(zip_file, tmp_path, zipped(members)).lists == {"reward": [1, 2]}


def test_a_file_of_other_columns_is_named(tmp_path: Path) -> None:
    members = {"a.parquet": table(reward=[1.0]), "b.parquet": table(action=[1])}
    error = here(zip_file, tmp_path, zipped(members)).answer.error
    assert error is not None
    assert error.message == (
        "file: found 'b.parquet' with other columns than 'a.parquet', expected Parquet files of the same columns; put"
        " the files of one table in a folder of their own."
    )


def test_lists_of_episodes_are_put_one_after_the_other_through_all_files(tmp_path: Path) -> None:
    members = {"a.parquet": table(rewards=[[1.0, 2.0], [3.0]]), "b.parquet": table(rewards=[[4.0]])}
    found = here(zip_file, tmp_path, zipped(members))
    assert found.lists == {"rewards": [1, 2, 3, 4], "episode": [0, 0, 1, 2]}
