"""What was noted of a file comes back from the header of the batch that was made of it."""

from pathlib import Path
from typing import cast

import pytest
from safetensors import safe_open

from benchmarks.recordings import NOTED, RECORDINGS
from mouse.batch import load_batch, save_batch
from mouse_dashboard.compute.file_metadata import MAPPING, metadata_of, read_doubts, read_file_facts


def metadata(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as opened:  # pyright: ignore[reportUnknownVariableType]
        return cast("dict[str, str]", opened.metadata())


@pytest.mark.parametrize("name", RECORDINGS)
def test_doubts_come_back_with_their_rows_and_places(name: str, tmp_path: Path) -> None:
    planned, file = RECORDINGS[name](), tmp_path / "batch.safetensors"
    save_batch(file, *planned.batch(), metadata=metadata_of(NOTED, planned.doubts, planned.facts))
    assert name in {doubt.id for doubt in planned.doubts}
    assert read_doubts(file) == planned.doubts
    assert read_file_facts(file) == planned.facts
    assert MAPPING.validate_json(metadata(file)["mapping"]) == NOTED
    assert load_batch(file)[0].shape == planned.rows.index.shape


def test_a_file_without_a_doubt_is_no_file_that_was_never_asked(tmp_path: Path) -> None:
    batch, file = RECORDINGS["rows-apart"]().batch(), tmp_path / "batch.safetensors"
    save_batch(file, *batch, metadata=metadata_of(NOTED, (), None))
    assert read_doubts(file) == ()
    save_batch(file, *batch, metadata=metadata_of(NOTED, None, None))
    assert read_doubts(file) is None
    save_batch(file, *batch)
    assert (read_doubts(file), read_file_facts(file)) == (None, None)


@pytest.mark.parametrize("text", ["no JSON", "{}", '[{"id": "another", "message": "Said."}]'])
def test_doubts_of_another_program_are_none(text: str, tmp_path: Path) -> None:
    save_batch(tmp_path / "batch.safetensors", *RECORDINGS["rows-apart"]().batch(), metadata={"doubts": text})
    assert read_doubts(tmp_path / "batch.safetensors") is None
