"""A disk without room, or a used-up quota, is told in a sentence; nothing half-written is left."""

import errno
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, text

from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store import BatchStore, rebuild, receiving, store
from mouse_dashboard.store.database import open_database
from mouse_dashboard.store.full_disk import refuse_full_disk
from mouse_dashboard.store.tables import write_transaction
from tests.server.files import npz, saved_batch
from tests.server.store.received import receive, stored_files
from tests.server.store.sqlite_errors import no_room


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Quota exceeded"),
     no_room("SQLITE_FULL"), no_room("SQLITE_IOERR_WRITE")],
    ids=["disk", "quota", "data base on a full disk", "data base beyond its quota"],
)  # fmt: skip
@pytest.mark.parametrize("place", [(receiving, "_write"), (store, "sync"), (rebuild, "describe_fields")])
def test_a_full_disk_is_told_and_the_store_lives(
    failure: Exception, place: tuple[Any, str], batch_store: BatchStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(*place, fail)
        with pytest.raises(ApiError) as error:
            receive(batch_store, saved_batch())
    assert error.value.body.status == 507
    assert (batch_store.batches(), stored_files(folder)) == ([], [])
    assert receive(batch_store, saved_batch())[1]


def test_a_data_base_that_may_not_grow_is_told_as_a_full_disk(folder: Path) -> None:
    """To SQLite a used-up quota is what a limit of the file size is: a write that fails, though not for ENOSPC."""
    folder.mkdir()
    engine, _ = open_database(folder / "small.sqlite")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 17, hard))
    try:
        with pytest.raises(ApiError) as error, refuse_full_disk(), write_transaction(engine) as session:
            session.execute(text("CREATE TABLE large AS SELECT randomblob(1000000) AS bytes"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        engine.dispose()
    assert error.value.body.status == 507


@pytest.mark.process
@pytest.mark.parametrize("content", [saved_batch(), npz(rewards=np.zeros((2, 3)))], ids=["batch", "import"])
def test_a_file_whose_row_does_not_fit_the_disk_is_taken_back(
    content: bytes, batch_store: BatchStore, folder: Path
) -> None:
    def full(_connection: object) -> None:
        raise no_room()

    event.listen(batch_store.engine, "commit", full)
    with pytest.raises(ApiError) as error:
        receive(batch_store, content)
    event.remove(batch_store.engine, "commit", full)
    assert error.value.body.status == 507
    assert (batch_store.batches(), stored_files(folder)) == ([], [])


def test_another_failure_of_the_system_is_not_taken_for_a_full_disk(
    batch_store: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(store, "sync", fail)
    with pytest.raises(OSError, match="Input/output"):
        receive(batch_store, saved_batch())
