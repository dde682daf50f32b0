"""Killed anywhere on the way, the store comes back whole."""

import multiprocessing
from pathlib import Path

import pytest

from mouse.batch import load_batch
from mouse_dashboard.store import BatchStore
from tests.server.files import saved_batch
from tests.server.store.uploader import LIMITS, PLACES, upload

pytestmark = pytest.mark.process

PROCESSES = multiprocessing.get_context("forkserver")  # imports once, and forks without threads
PROCESSES.set_forkserver_preload(["tests.server.store.uploader"])


def kill_at(place: str, folder: Path, file: Path) -> None:
    here = PROCESSES.Event()
    process = PROCESSES.Process(target=upload, args=(folder, file, place, here))
    process.start()
    try:
        assert here.wait(120)
    finally:
        process.kill()
        process.join()


@pytest.mark.parametrize("place", PLACES)
def test_check_17_every_listed_batch_is_whole_and_leftovers_are_gone(place: str, tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "batch.safetensors"
    file.write_bytes(saved_batch(rows=256, steps=128))
    kill_at(place, folder, file)
    assert any(path.stat().st_size > 1 << 20 for path in folder.rglob("*") if path.is_file())

    with BatchStore(folder, LIMITS) as store:
        listed = store.batches()
        assert [batch.name for batch in listed] == (["killed.safetensors"] if place == "committed" else [])
        for batch in listed:
            assert store.open(batch.id)[0]["reward"].equal(load_batch(file)[0]["reward"])
        files = [path.name for path in (folder / "batches").iterdir()]
        assert files == [f"{batch.id}.safetensors" for batch in listed]
        assert len(list((folder / "incoming").iterdir())) == 2, "the folder and the lock of the store that is open"
    assert not list((folder / "incoming").iterdir())
