"""Check 35: what a file says of itself is believed as far as it is cheap to read; what is said of it is short."""

from pathlib import Path
from typing import Any

import pytest

from mouse_dashboard.reading.sandbox import datasets, hdf5, parquet, parquet_columns, zip_file
from tests.server.reading.hdf5_files import hdf5_file
from tests.server.reading.reading import here
from tests.server.reading.test_memmap import SHAPE, level, zipped
from tests.server.reading.test_parquet import table

pytestmark = pytest.mark.process


def dag(file: Any) -> None:
    """Fourteen levels of four links each to one group: 67 million ways to one dataset."""
    below = file.create_group("x")
    below["reward"] = [1.0, 2.0]
    for number in range(14):
        above = file.create_group(f"level_{number}")
        for link in "abcd":
            above[link] = below
        below = above


def test_check_35_a_group_of_many_names_is_read_once(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(dag))
    assert len(found.lists) == 1
    assert found.notes[0].startswith("Dropped, another name of a group that is already read: ")


def test_check_35_a_group_that_holds_itself_is_read_once(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file["reward"] = [1.0]
        file["again"] = file["/"]

    assert here(hdf5, tmp_path, hdf5_file(fill)).lists == {"reward": [1]}


def test_check_35_links_beyond_count_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "MAX_OBJECTS", 50)
    assert "more than 50 datasets, groups and links" in here(hdf5, tmp_path, hdf5_file(dag)).refused


def test_check_35_uneven_lists_are_left_out_by_what_the_footer_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_rows: list[str] = []
    blocks = parquet_columns.StepColumn.blocks

    def watched(column: Any, file: Any) -> Any:
        read_rows.append(column.declared.name)
        return blocks(column, file)

    monkeypatch.setattr(parquet_columns.StepColumn, "blocks", watched)
    uneven = {f"u{number}": [[1.0], [1.0, 2.0]] for number in range(300)}
    hidden = {f"h{number}": [[1.0, 2.0], [1.0], [1.0, 2.0, 3.0]] for number in range(30)}
    found = here(parquet, tmp_path, table(a=[1, 2], **uneven))
    assert (found.lists, read_rows) == ({"a": [1, 2]}, ["a"])
    assert found.notes == ["Dropped, lists of different lengths: 'u0', 'u1', 'u2', 'u3', 'u4' and 295 more."]
    read_rows.clear()
    found = here(parquet, tmp_path, table(a=[1, 2, 3], **hidden, b=[4, 5, 6]))
    assert found.lists == {"a": [1, 2, 3], "b": [4, 5, 6]}
    assert len(read_rows) == 32, "each is read once, however many turn out to be uneven"


def test_check_35_a_table_without_an_even_column_is_told(tmp_path: Path) -> None:
    hidden = {"h": [[1.0, 2.0], [1.0], [1.0, 2.0, 3.0]]}
    assert "found no field of numbers" in here(parquet, tmp_path, table(**hidden)).refused


def test_check_35_entries_of_a_memmap_are_counted_while_they_are_read(tmp_path: Path) -> None:
    content = zipped(level(**{f"f{number}": SHAPE | {"shape": [0]} for number in range(40_000)}))
    assert "more than 16384 entries" in here(zip_file, tmp_path, content).refused


def test_check_35_what_is_said_of_a_file_is_short_whatever_it_holds(tmp_path: Path) -> None:
    odd = {f"{'n' * 900}{number}": SHAPE | {"dtype": f"odd {number}"} for number in range(4000)}
    found = here(zip_file, tmp_path, zipped(level(a=SHAPE, **odd) | {"a.memmap": bytes(8)}))
    assert len(found.notes) == 21
    assert found.notes[-1].endswith(" and 3975 more.")
    assert sum(map(len, found.notes)) < 4000
