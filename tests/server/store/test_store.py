"""Batches are kept once, listed newest first, opened without a copy, and survive a restart."""

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.reading import Limits
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store import BatchStore, rebuild, receiving, store
from mouse_dashboard.store.models import BatchInfo
from tests.server.files import entry, npz, npz_arrays, safetensors, saved_batch

LIMITS = Limits(1 << 24)
OURS = {"format": "mouse-batch"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kept(folder: Path) -> Generator[BatchStore]:
    with BatchStore(folder, LIMITS) as opened:
        yield opened


def receive(
    store: BatchStore, content: bytes, name: str = "batch.safetensors", chunk: int = 1000
) -> tuple[BatchInfo, bool]:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(content), chunk):
            yield content[start : start + chunk]

    info, new = asyncio.run(store.receive(name, stream()))
    assert isinstance(info, BatchInfo)
    return info, new


def left(folder: Path) -> list[str]:
    """Everything but the data base, the marker and locks; what is recorded of a batch goes with it."""
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    ours = sorted(file for file in files if not file.startswith(("mouse", "quarantine")) and not file.endswith(".lock"))
    batches = [file for file in ours if not file.startswith("records/")]
    assert {Path(file).stem for file in ours} == {Path(file).stem for file in batches}
    return batches


def test_a_batch_is_kept_under_the_hash_of_its_bytes(kept: BatchStore, folder: Path) -> None:
    content = saved_batch()
    info, new = receive(kept, content, "mine")
    assert (info.id, info.name, info.size, info.B, info.S, new) == (
        hashlib.sha256(content).hexdigest(), "mine", len(content), 4, 7, True,
    )  # fmt: skip
    assert left(folder) == [f"batches/{info.id}.safetensors"]
    assert kept.path(info.id).read_bytes() == content
    assert kept.info(info.id) == info


def test_the_same_bytes_are_kept_once_under_their_first_name(kept: BatchStore, folder: Path) -> None:
    first, _ = receive(kept, saved_batch(), "first")
    second, new = receive(kept, saved_batch(), "second")
    assert (second, new, len(left(folder))) == (first, False, 1)


def test_the_newest_is_listed_first(kept: BatchStore) -> None:
    ids = [receive(kept, saved_batch(seed=seed))[0].id for seed in range(3)]
    assert [batch.id for batch in kept.batches()] == ids[::-1]


def test_a_batch_survives_a_restart(folder: Path) -> None:
    with BatchStore(folder, LIMITS) as before:
        info, _ = receive(before, saved_batch())
    with BatchStore(folder, LIMITS) as after:
        assert after.info(info.id) == info


def test_two_processes_share_a_folder(kept: BatchStore, folder: Path) -> None:
    info, _ = receive(kept, saved_batch())
    with BatchStore(folder, LIMITS) as second:
        assert second.info(info.id) == info
        receive(second, saved_batch(seed=1))
        receive(kept, saved_batch(seed=2))
    assert len(kept.batches()) == 3


def test_a_row_whose_file_was_cut_or_lost_is_dropped_at_the_start(folder: Path) -> None:
    with BatchStore(folder, LIMITS) as before:
        cut, lost, whole = (receive(before, saved_batch(seed=seed))[0].id for seed in range(3))
        before.path(cut).write_bytes(b"short")
        before.path(lost).unlink()
    with BatchStore(folder, LIMITS) as after:
        assert [batch.id for batch in after.batches()] == [whole]
    assert left(folder) == [f"batches/{whole}.safetensors"]


def test_a_deleted_batch_is_gone_and_can_come_again(kept: BatchStore, folder: Path) -> None:
    info, _ = receive(kept, saved_batch())
    opened, _ = kept.open(info.id)
    kept.delete(info.id)
    assert left(folder) == []
    assert opened["reward"].shape == (4, 7)
    for call in (kept.delete, kept.info, kept.open, kept.path):
        with pytest.raises(ApiError) as error:
            call(info.id)
        assert error.value.body.status == 404
    assert receive(kept, saved_batch())[1]


def test_opening_maps_the_file_and_writing_into_it_changes_nothing_stored(kept: BatchStore) -> None:
    info, _ = receive(kept, saved_batch())
    kept.open(info.id)[0]["reward"].fill_(7)
    assert kept.path(info.id).read_bytes() == saved_batch()


def test_an_npz_is_kept_as_safetensors_under_the_hash_of_what_was_sent(kept: BatchStore) -> None:
    content = npz(**npz_arrays())
    info, _ = receive(kept, content, "batch.npz")
    assert (info.id, info.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert [(field.group, field.name) for field in info.fields][-1] == ("out", "sv")
    assert kept.open(info.id)[1]["sv"].eq(1).all()


def test_counts_tell_each_kind_of_non_finite_value_also_beyond_the_first_chunk(
    kept: BatchStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mouse_dashboard.store.field_counts.CHUNK", 5)
    reward = torch.zeros(4, 7)
    reward.view(-1)[[0, 6, 27]] = torch.nan
    reward.view(-1)[[1, 26]] = torch.inf
    reward.view(-1)[[2]] = -torch.inf
    reward.view(-1)[[3, 4]] = torch.tensor([-0.0, 1e-45])
    fields = {"action": torch.zeros(4, 7, dtype=torch.int64), "reward": reward, "half": reward.bfloat16()}
    save_batch(tmp_path / "file", TensorDict(fields, [4, 7]), TensorDict({}, [4, 7]))
    info, _ = receive(kept, (tmp_path / "file").read_bytes())
    told = {field.name: (field.dtype, field.nan, field.pos_inf, field.neg_inf) for field in info.fields}
    assert told == {"action": ("int64", 0, 0, 0), "half": ("bfloat16", 3, 2, 1), "reward": ("float32", 3, 2, 1)}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (safetensors({"__metadata__": OURS, "a": entry(shape=[6], offsets=[0, 24])}, bytes(24)), MissingFieldError),
        (safetensors({"a": entry(shape=[0, 3], offsets=[0, 0]), "b": entry(shape=[0, 6], offsets=[0, 0])}), ApiError),
        (
            safetensors({"__metadata__": OURS, "a": entry(), "b": entry(shape=[3, 2], offsets=[24, 48])}, bytes(48)),
            BatchError,
        ),
        (safetensors({"__metadata__": {"format": "mouse-batch", "version": "9"}, "a": entry()}, bytes(24)), BatchError),
        (saved_batch()[:-1], ApiError),
        (b"hello, this is text", ApiError),
        (b"", ApiError),
    ],
)
def test_what_is_no_batch_leaves_nothing_behind(
    content: bytes, error: type[Exception], kept: BatchStore, folder: Path
) -> None:
    with pytest.raises(error):
        receive(kept, content)
    assert (kept.batches(), left(folder)) == ([], [])


def test_over_the_cap_reading_stops(folder: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield saved_batch()
        while True:
            sent += 1
            yield bytes(1000)

    with BatchStore(folder, Limits(100_000)) as small:
        with pytest.raises(ApiError) as error:
            asyncio.run(small.receive("endless", endless()))
        assert (error.value.body.status, error.value.body.field) == (413, "file")
        assert sent <= 101
        assert left(folder) == []


def test_another_format_is_refused_before_the_rest_is_read(kept: BatchStore) -> None:
    blocks = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal blocks
        while blocks < 16:
            blocks += 1
            yield b"text" * 250_000

    with pytest.raises(ApiError) as error:
        asyncio.run(kept.receive("text", stream()))
    assert (error.value.body.status, blocks) == (415, 2)


@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Quota exceeded"),
     OperationalError("INSERT", {}, Exception("database or disk is full"))],
    ids=["disk", "quota", "table"],
)  # fmt: skip
@pytest.mark.parametrize("place", [(receiving, "_write"), (store, "sync"), (rebuild, "describe_fields")])
def test_a_full_disk_is_told_and_the_store_lives(
    failure: Exception, place: tuple[Any, str], kept: BatchStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(*place, fail)
        with pytest.raises(ApiError) as error:
            receive(kept, saved_batch())
    assert error.value.body.status == 507
    assert (kept.batches(), left(folder)) == ([], [])
    assert receive(kept, saved_batch())[1]


@pytest.mark.parametrize("content", [saved_batch(), npz(rewards=np.zeros((2, 3)))], ids=["batch", "import"])
def test_a_file_whose_row_does_not_fit_the_disk_is_taken_back(content: bytes, kept: BatchStore, folder: Path) -> None:
    def full(_connection: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(kept.engine, "commit", full)
    with pytest.raises(ApiError) as error:
        receive(kept, content)
    event.remove(kept.engine, "commit", full)
    assert error.value.body.status == 507
    assert (kept.batches(), left(folder)) == ([], [])


def test_a_batch_sent_for_a_run_and_as_a_file_at_once_is_listed(
    kept: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield saved_batch()

    def absent(_batch_id: str) -> bool:
        return False

    asyncio.run(kept.receive("for a run", stream(), listed=False))
    assert kept.batches() == []
    monkeypatch.setattr(kept, "has", absent)  # neither had come when the other was asked for
    asyncio.run(kept.receive("for a run", stream(), listed=False))
    assert kept.batches() == []
    assert not receive(kept, saved_batch())[1]
    assert len(kept.batches()) == 1


def test_another_failure_of_the_system_is_not_taken_for_a_full_disk(
    kept: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(store, "sync", fail)
    with pytest.raises(OSError, match="Input/output"):
        receive(kept, saved_batch())


def test_threads_storing_the_same_and_different_batches_do_not_disturb_each_other(kept: BatchStore) -> None:
    contents = [saved_batch(seed=seed) for seed in range(4)] * 4
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(receive, [kept] * len(contents), contents))
    assert sum(new for _, new in results) == 4
    assert {info.id for info, _ in results} == {batch.id for batch in kept.batches()}
    assert len(kept.batches()) == 4


@pytest.mark.parametrize("name", ["\x00", "../../etc/passwd", "\u202egpj.exe", "x" * 255, "=1+1"])
def test_names_are_data(name: str, kept: BatchStore, folder: Path) -> None:
    info, _ = receive(kept, saved_batch(), name)
    assert (info.name, left(folder)) == (name, [f"batches/{info.id}.safetensors"])
