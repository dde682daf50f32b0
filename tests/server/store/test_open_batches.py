"""Batches that stay open from one request to the next."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store import BatchStore
from mouse_dashboard.store.open_batches import OPEN_AT_ONCE, OpenBatches
from tests.server.files import saved_batch
from tests.server.store.received import receive


@pytest.fixture
def write(tmp_path: Path) -> Callable[[int], Path]:
    def write(seed: int) -> Path:
        path = tmp_path / f"{seed}.safetensors"
        path.write_bytes(saved_batch(seed=seed))
        return path

    return write


def test_a_batch_is_mapped_once(batch_store: BatchStore) -> None:
    batch_id = receive(batch_store, saved_batch())[0].id
    first, again = batch_store.batch(batch_id), batch_store.batch(batch_id)
    assert first.step_stream["reward"].data_ptr() == again.step_stream["reward"].data_ptr()
    assert batch_store.open(batch_id)[0]["reward"].data_ptr() != first.step_stream["reward"].data_ptr()


def test_what_is_named_of_an_open_batch_is_read_anew(batch_store: BatchStore) -> None:
    batch_id = receive(batch_store, saved_batch())[0].id
    assert batch_store.batch(batch_id).loss_field is None
    batch_store.name_loss_field(batch_id, "reward")
    assert batch_store.batch(batch_id).loss_field == "reward"


def test_a_deleted_batch_is_closed(batch_store: BatchStore) -> None:
    batch_id = receive(batch_store, saved_batch())[0].id
    opened = batch_store.batch(batch_id)
    batch_store.delete(batch_id)
    with pytest.raises(ApiError) as error:
        batch_store.batch(batch_id)
    assert error.value.body.code == "unknown_batch"
    assert opened.step_stream["reward"].shape == (4, 7), "who has it open reads on"
    receive(batch_store, saved_batch())
    anew = batch_store.batch(batch_id)
    assert anew.step_stream["reward"].data_ptr() != opened.step_stream["reward"].data_ptr()


def test_the_last_few_stay_open(write: Callable[[int], Path]) -> None:
    batches = OpenBatches()
    paths = [write(seed) for seed in range(OPEN_AT_ONCE + 1)]
    first, *others = (batches.open(path.stem, path) for path in paths)
    for path, opened in zip(paths[1:], others, strict=True):
        assert batches.open(path.stem, path) is opened
    assert batches.open(paths[0].stem, paths[0]) is not first


def test_a_file_that_is_gone_is_an_unknown_batch_and_a_damaged_one_is_not(write: Callable[[int], Path]) -> None:
    batches, path = OpenBatches(), write(0)
    opened = batches.open("a", path)
    path.unlink()
    assert batches.open("a", path) is opened
    batches.close("a")
    with pytest.raises(ApiError) as error:
        batches.open("a", path)
    assert error.value.body.status == 404
    path.mkdir()
    with pytest.raises(OSError, match="os error"):
        batches.open("a", path)
