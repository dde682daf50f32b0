"""Batches are kept once, listed newest first, opened without a copy, and survive a restart."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.errors import BatchError, MissingFieldError
from mouse.transition_batch import transitions
from mouse_dashboard.reading import FileLimits
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.store import BatchStore
from tests.server.files import entry, npz, npz_arrays, safetensors, saved_batch
from tests.server.store.received import LIMITS, receive, stored_files

OURS = {"format": "mouse-batch"}


def test_a_batch_is_kept_under_the_hash_of_its_bytes(batch_store: BatchStore, folder: Path) -> None:
    content = saved_batch()
    info, new = receive(batch_store, content, "mine")
    assert (info.id, info.name, info.size, info.B, info.S, new) == (
        hashlib.sha256(content).hexdigest(), "mine", len(content), 4, 7, True,
    )  # fmt: skip
    assert stored_files(folder) == [f"batches/{info.id}.safetensors"]
    assert batch_store.path(info.id).read_bytes() == content
    assert batch_store.info(info.id) == info


def test_the_same_bytes_are_kept_once_under_their_first_name(batch_store: BatchStore, folder: Path) -> None:
    first, _ = receive(batch_store, saved_batch(), "first")
    second, new = receive(batch_store, saved_batch(), "second")
    assert (second, new, len(stored_files(folder))) == (first, False, 1)


def test_the_newest_is_listed_first(batch_store: BatchStore) -> None:
    ids = [receive(batch_store, saved_batch(seed=seed))[0].id for seed in range(3)]
    assert [batch.id for batch in batch_store.batches()] == ids[::-1]


def test_the_list_tells_transitions_from_sequences_of_two_steps(batch_store: BatchStore, tmp_path: Path) -> None:
    numbers = torch.arange(3)
    save_batch(
        tmp_path / "sample.safetensors", *transitions(obs=numbers, next_obs=numbers, action=numbers, reward=numbers)
    )
    receive(batch_store, (tmp_path / "sample.safetensors").read_bytes())
    receive(batch_store, saved_batch())
    assert [(batch.B, batch.transitions) for batch in batch_store.batches()][1] == (3, True)
    assert not batch_store.batches()[0].transitions


def test_a_batch_survives_a_restart(folder: Path) -> None:
    with BatchStore(folder, LIMITS) as before:
        info, _ = receive(before, saved_batch())
    with BatchStore(folder, LIMITS) as after:
        assert after.info(info.id) == info


def test_two_processes_share_a_folder(batch_store: BatchStore, folder: Path) -> None:
    info, _ = receive(batch_store, saved_batch())
    with BatchStore(folder, LIMITS) as second:
        assert second.info(info.id) == info
        receive(second, saved_batch(seed=1))
        receive(batch_store, saved_batch(seed=2))
    assert len(batch_store.batches()) == 3


def test_a_row_whose_file_was_cut_or_lost_is_dropped_at_the_start(folder: Path) -> None:
    with BatchStore(folder, LIMITS) as before:
        cut, lost, whole = (receive(before, saved_batch(seed=seed))[0].id for seed in range(3))
        before.path(cut).write_bytes(b"short")
        before.path(lost).unlink()
    with BatchStore(folder, LIMITS) as after:
        assert [batch.id for batch in after.batches()] == [whole]
    assert stored_files(folder) == [f"batches/{whole}.safetensors"]


def test_a_deleted_batch_is_gone_and_can_come_again(batch_store: BatchStore, folder: Path) -> None:
    info, _ = receive(batch_store, saved_batch())
    opened, _ = batch_store.open(info.id)
    batch_store.delete(info.id)
    assert stored_files(folder) == []
    assert opened["reward"].shape == (4, 7)
    for call in (batch_store.delete, batch_store.info, batch_store.open, batch_store.path):
        with pytest.raises(ApiError) as error:
            call(info.id)
        assert error.value.body.status == 404
    assert receive(batch_store, saved_batch())[1]


def test_opening_maps_the_file_and_writing_into_it_changes_nothing_stored(batch_store: BatchStore) -> None:
    info, _ = receive(batch_store, saved_batch())
    batch_store.open(info.id)[0]["reward"].fill_(7)
    assert batch_store.path(info.id).read_bytes() == saved_batch()


@pytest.mark.process
def test_an_npz_is_kept_as_safetensors_under_the_hash_of_what_was_sent(batch_store: BatchStore) -> None:
    content = npz(**npz_arrays())
    info, _ = receive(batch_store, content, "batch.npz")
    assert (info.id, info.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert [(field.group, field.name) for field in info.fields][-1] == ("out", "sv")
    assert batch_store.open(info.id)[1]["sv"].eq(1).all()


def test_counts_tell_each_kind_of_non_finite_value_also_beyond_the_first_chunk(
    batch_store: BatchStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mouse_dashboard.store.field_counts.CHUNK", 5)
    reward = torch.zeros(4, 7)
    reward.view(-1)[[0, 6, 27]] = torch.nan
    reward.view(-1)[[1, 26]] = torch.inf
    reward.view(-1)[[2]] = -torch.inf
    reward.view(-1)[[3, 4]] = torch.tensor([-0.0, 1e-45])
    fields = {"action": torch.zeros(4, 7, dtype=torch.int64), "reward": reward, "half": reward.bfloat16()}
    save_batch(tmp_path / "file", TensorDict(fields, [4, 7]), TensorDict({}, [4, 7]))
    info, _ = receive(batch_store, (tmp_path / "file").read_bytes())
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
    content: bytes, error: type[Exception], batch_store: BatchStore, folder: Path
) -> None:
    with pytest.raises(error):
        receive(batch_store, content)
    assert (batch_store.batches(), stored_files(folder)) == ([], [])


def test_over_the_cap_reading_stops(folder: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield saved_batch()
        while True:
            sent += 1
            yield bytes(1000)

    with BatchStore(folder, FileLimits(100_000)) as small:
        with pytest.raises(ApiError) as error:
            asyncio.run(small.receive("endless", endless()))
        assert (error.value.body.status, error.value.body.field) == (413, "file")
        assert sent <= 101
        assert stored_files(folder) == []


def test_another_format_is_refused_before_the_rest_is_read(batch_store: BatchStore) -> None:
    blocks = 0

    async def stream() -> AsyncIterator[bytes]:
        nonlocal blocks
        while blocks < 16:
            blocks += 1
            yield b"text" * 250_000

    with pytest.raises(ApiError) as error:
        asyncio.run(batch_store.receive("text", stream()))
    assert (error.value.body.status, blocks) == (415, 2)


def test_a_batch_sent_for_a_run_and_as_a_file_at_once_is_listed(
    batch_store: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield saved_batch()

    def absent(_batch_id: str) -> bool:
        return False

    asyncio.run(batch_store.receive("for a run", stream(), listed=False))
    assert batch_store.batches() == []
    monkeypatch.setattr(batch_store, "has", absent)  # neither had come when the other was asked for
    asyncio.run(batch_store.receive("for a run", stream(), listed=False))
    assert batch_store.batches() == []
    assert not receive(batch_store, saved_batch())[1]
    assert len(batch_store.batches()) == 1


def test_threads_storing_the_same_and_different_batches_do_not_disturb_each_other(batch_store: BatchStore) -> None:
    contents = [saved_batch(seed=seed) for seed in range(4)] * 4
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(receive, [batch_store] * len(contents), contents))
    assert sum(new for _, new in results) == 4
    assert {info.id for info, _ in results} == {batch.id for batch in batch_store.batches()}
    assert len(batch_store.batches()) == 4


@pytest.mark.parametrize("name", ["\x00", "../../etc/passwd", "\u202egpj.exe", "x" * 255, "=1+1"])
def test_names_are_data(name: str, batch_store: BatchStore, folder: Path) -> None:
    info, _ = receive(batch_store, saved_batch(), name)
    assert (info.name, stored_files(folder)) == (name, [f"batches/{info.id}.safetensors"])
