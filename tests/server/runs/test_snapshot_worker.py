"""Every snapshot is looked at once, through the very losses and rules of the library."""

from pathlib import Path
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest

from mouse.batch import load_batch
from mouse.diagnosis import doctor
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.losses.sv import SvLossConfig, sv_loss
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.runs.snapshot_worker import SnapshotWorker
from mouse_dashboard.runs.store import Pending
from tests.server.files import npz, npz_arrays, saved_batch
from tests.server.runs.stores import open_stores

CONFIGS = {"dqn": {"gamma": 0.5, "cql_weight": 2.0}, "sv": {"weight": 0.5}}


def test_losses_and_findings_are_those_of_the_library(tmp_path: Path) -> None:
    with open_stores(tmp_path / "data") as stores:
        stores.push(0, configs=CONFIGS)
        assert [(each.state, each.losses, each.findings) for each in stores.timeline()] == [("pending", {}, None)]
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        (snapshot,) = stores.timeline()
    (tmp_path / "batch").write_bytes(saved_batch(seed=0))
    step_stream, out = load_batch(tmp_path / "batch")
    dqn, sv = DqnLossConfig(gamma=0.5, cql_weight=2.0), SvLossConfig(weight=0.5)
    parts = dqn_loss(step_stream, out, dqn)[0], sv_loss(step_stream, out["sv"], sv)[0]
    assert {name: (loss.loss, loss.error) for name, loss in snapshot.losses.items()} == {
        "dqn": (float(parts[0]), None), "sv": (float(parts[1]), None),
    }  # fmt: skip
    assert snapshot.total == float(parts[0] + 0.5 * parts[1])
    report = doctor(step_stream, out, {"dqn": dqn, "sv": sv})
    severities = [finding.severity for finding in report]
    assert severities, "a batch with findings"
    assert snapshot.findings is not None
    assert snapshot.findings.model_dump() == {name: severities.count(name) for name in ("error", "warning", "info")}
    assert (snapshot.state, snapshot.failure) == ("examined", None)


@pytest.mark.process
def test_a_loss_that_cannot_run_says_why_beside_the_others(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        arrays = npz_arrays()
        stores.push(0, content=npz(**arrays), configs={"sv": {}})
        stores.push(1, configs={})
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        without, nothing = stores.timeline()
    assert (without.losses["sv"].loss, without.total) == (None, None)
    assert (without.losses["sv"].error or "").startswith("step_stream.q_star: found only ")
    assert (nothing.losses, nothing.total, nothing.state) == ({}, None, "examined")
    assert nothing.findings is not None


def test_the_newest_is_looked_at_first_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    with open_stores(tmp_path) as stores:
        original = stores.runs.store_examination

        def note(number: int, *came: Any) -> Any:
            seen.append(number)
            if len(seen) == 2:
                stores.push(9)
            return original(number, *came)

        monkeypatch.setattr(stores.runs, "store_examination", note)
        for step in range(3):
            stores.push(step)
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        assert seen == [3, 2, 4, 1]
        assert {each.state for each in stores.timeline()} == {"examined"}


def test_a_failure_is_a_state_with_its_sentence_and_keeps_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with open_stores(tmp_path) as stores:
        stores.push(0, configs=CONFIGS)
        SnapshotWorker(stores.runs, stores.batches, 1e-9).drain()
        stores.push(1)
        with monkeypatch.context() as patched:
            patched.setattr("mouse_dashboard.runs.snapshot_worker.examine", broken)
            SnapshotWorker(stores.runs, stores.batches, 60).drain()
        stores.push(2)
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        found = [(each.state, each.failure) for each in stores.timeline()]
    assert found == [
        ("failed", "evaluation: found more than 1e-09 s of work, expected less; "
         "use a smaller batch or raise MOUSE_TIME_LIMIT_SECONDS."),
        ("failed", "Something unexpected went wrong in the server; its log says what."),
        ("examined", None),
    ]  # fmt: skip
    assert "broken" in caplog.text


def test_configs_of_another_version_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0, configs={"dqn": {}})
        pending = stores.runs.next_pending()
        assert pending
        older = pending._replace(configs={"dqn": {"beta": 1.0}})
        answers = iter([older, None])
        monkeypatch.setattr(stores.runs, "next_pending", lambda: next(answers))
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        (snapshot,) = stores.timeline()
    assert (snapshot.state, snapshot.failure) == (
        "failed", "configs: found fields of another version of mouse, expected this one's.",
    )  # fmt: skip


def test_what_a_stop_cut_off_is_still_to_come_however_often_it_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0, configs=CONFIGS)

        def stopped_at_once(seconds: float) -> CancelToken:
            token = CancelToken(seconds)
            token.cancel()
            return token

        with monkeypatch.context() as patched:
            patched.setattr("mouse_dashboard.runs.snapshot_worker.CancelToken", stopped_at_once)
            for _ in range(5):
                SnapshotWorker(stores.runs, stores.batches, 60).drain()
        assert [each.state for each in stores.timeline()] == ["pending"]
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        assert [each.state for each in stores.timeline()] == ["examined"]


def test_a_stop_while_a_snapshot_is_fetched_cuts_it_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0, configs=CONFIGS)
        worker, begin = SnapshotWorker(stores.runs, stores.batches, 60), stores.runs.next_pending
        monkeypatch.setattr(worker, "_thread", SimpleNamespace(join=lambda: None))  # this one looks itself

        def closed_meanwhile() -> Pending | None:
            pending = begin()
            worker.close()
            return pending

        monkeypatch.setattr(stores.runs, "next_pending", closed_meanwhile)
        worker.drain()
        assert [each.state for each in stores.timeline()] == ["pending"]


def test_a_batch_that_kills_the_server_does_so_three_times_only(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0)
        for tries in (1, 2, 3):
            begun = stores.runs.next_pending()
            assert begun
            assert begun.tries == tries
            assert [each.state for each in stores.timeline()] == ["pending"], "and then the process was gone"
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        (snapshot,) = stores.timeline()
    assert (snapshot.state, snapshot.failure) == (
        "failed", "The server died 3 times while it examined this batch: it may be too large.",
    )  # fmt: skip


def test_a_thread_looks_at_what_is_there_and_at_what_comes_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_stores(tmp_path) as stores:
        done: Queue[int] = Queue()
        original = stores.runs.store_examination

        def note(number: int, *came: Any) -> Any:
            news = original(number, *came)
            done.put(number)
            return news

        monkeypatch.setattr(stores.runs, "store_examination", note)
        stores.push(0)
        worker = SnapshotWorker(stores.runs, stores.batches, 60)
        worker.start()
        assert done.get(timeout=60) == 1
        stores.push(1)
        worker.wake()
        assert done.get(timeout=60) == 2
        worker.close()
        stores.push(2)
        worker.drain()
        assert [each.state for each in stores.timeline()] == ["examined", "examined", "pending"]


def test_a_table_that_fails_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with open_stores(tmp_path) as stores:
        failed, done = Queue[int](), Queue[int]()
        original = stores.runs.store_examination

        def fail_once(number: int, *came: Any) -> Any:
            if failed.empty():
                failed.put(number)
                raise RuntimeError("locked")
            news = original(number, *came)
            done.put(number)
            return news

        monkeypatch.setattr(stores.runs, "store_examination", fail_once)
        stores.push(0)
        worker = SnapshotWorker(stores.runs, stores.batches, 60)
        worker.start()
        assert failed.get(timeout=60) == 1
        failed.put(1)
        worker.wake()
        assert done.get(timeout=60) == 1
        worker.close()
    assert "locked" in caplog.text


def test_a_snapshot_that_is_deleted_meanwhile_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_stores(tmp_path) as stores:
        stores.push(0)
        run = stores.runs.runs().runs[0].id
        original = stores.batches.batch

        def delete_first(batch_id: str) -> Any:
            stores.runs.delete(run)
            return original(batch_id)

        monkeypatch.setattr(stores.batches, "batch", delete_first)
        SnapshotWorker(stores.runs, stores.batches, 60).drain()
        assert stores.runs.runs().runs == []
