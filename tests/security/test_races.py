"""One batch, downloaded, evaluated, deleted and sent again, all at once."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mouse_dashboard.compute import file_metadata
from mouse_dashboard.overview import facts
from mouse_dashboard.settings import Settings
from mouse_dashboard.store import BatchStore
from mouse_dashboard.web.app import create_app
from tests.server.files import saved_batch, send
from tests.server.runs.pushed import push

ROUNDS = 100


@pytest.mark.slow
def test_check_41_races_of_one_batch_give_whole_answers_or_a_typed_4xx(tmp_path: Path) -> None:
    content = saved_batch()
    settings = Settings(data_dir=tmp_path, keep_snapshots=1)
    with TestClient(create_app(settings), "http://localhost:8000", raise_server_exceptions=False) as client:
        address = f"/api/batches/{send(client, content).json()['id']}"
        seen: list[tuple[str, int]] = []

        def note(what: str, status: int, *, typed: bool) -> None:
            assert status < 300 or (400 <= status < 500 and typed), (what, status)
            seen.append((what, status))

        def download() -> None:
            for _ in range(ROUNDS):
                answer = client.get(f"{address}/file")
                assert answer.status_code != 200 or answer.content == content
                note("download", answer.status_code, typed=answer.status_code == 200 or "code" in answer.json())

        def evaluate() -> None:
            for _ in range(ROUNDS):
                answer = client.post(f"{address}/evaluate", json={"configs": {"dqn": {}}})
                assert answer.status_code != 200 or answer.json()["losses"]["dqn"]["loss"] is not None
                note("evaluate", answer.status_code, typed="code" in answer.json() or answer.status_code == 200)

        def delete() -> None:
            for _ in range(ROUNDS):
                answer = client.delete(address)
                note("delete", answer.status_code, typed=answer.status_code == 204 or "code" in answer.json())

        def restore() -> None:
            for step in range(ROUNDS):
                answer = send(client, content) if step % 5 else push(client, step)
                assert answer.status_code < 300 or not step % 5, "an upload is stored, whatever is deleted meanwhile"
                note("restore", answer.status_code, typed="code" in answer.json() or answer.status_code < 300)

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work) for work in (download, evaluate, delete, restore)]:
                done.result()
    assert len(seen) == 4 * ROUNDS
    assert {("download", 200), ("download", 404), ("delete", 204)} <= set(seen), "they did meet"


def test_work_on_a_batch_that_is_deleted_meanwhile_is_404(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    store: BatchStore = client.app.state.store  # pyright: ignore
    batch_id = send(client, saved_batch()).json()["id"]

    def delete_first(path: Path) -> object:
        store.delete(batch_id)
        return file_metadata.read_file_facts(path)

    monkeypatch.setattr(facts, "read_file_facts", delete_first)
    answer = client.get(f"/api/batches/{batch_id}/facts")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_batch")


def test_an_upload_whose_known_batch_is_deleted_meanwhile_is_stored(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: BatchStore = client.app.state.store  # pyright: ignore
    monkeypatch.setattr(store, "has", lambda _batch_id: True)  # and then it is gone  # pyright: ignore
    assert send(client, saved_batch()).status_code == 201


def test_the_demo_that_does_not_fit_the_disk_is_refused_in_a_sentence(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mouse_dashboard.web.routes.batches.stored_demo_batch", full)
    refused = client.post("/api/demo")
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
