"""Batches over HTTP: sent as raw bytes, shown, served back as attachments, deleted."""

import asyncio
import hashlib
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse_dashboard.app import create_app
from mouse_dashboard.settings import Settings
from tests.server.files import npz, npz_arrays, saved_batch, send

TRAVERSALS = [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "%252e%252e%252f", "..\\..\\secret", "C:\\secret",
    "/etc/passwd", "//etc/passwd", "\u202etxt.exe", "a" * 200, "....//....//", "~root", "file:///etc/passwd",
    "http://127.0.0.1:1/", "<img src=x onerror=alert(1)>", "</script>", '"; filename="x', "x\u2028y",
]  # fmt: skip


def test_an_upload_tells_what_was_understood(client: TestClient) -> None:
    answer = send(client, saved_batch(), "mine.safetensors")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["name"], told["B"], told["S"]) == ("mine.safetensors", 4, 7)
    assert [field["name"] for field in told["fields"]][:4] == ["action", "done", "q_star", "reward"]
    assert next(field for field in told["fields"] if field["name"] == "q_star")["neg_inf"] == 28
    assert told["losses"] == [{"name": name, "runs": True, "missing": []} for name in LOSSES]


def test_the_same_bytes_again_are_200_and_the_same_batch(client: TestClient, stored: dict[str, Any]) -> None:
    answer = send(client, saved_batch(), "again")
    assert (answer.status_code, answer.json()) == (200, stored)


def test_losses_that_cannot_run_name_what_is_missing(client: TestClient) -> None:
    losses = send(client, npz(**npz_arrays())).json()["losses"]
    missing = {loss["name"]: loss["missing"] for loss in losses if not loss["runs"]}
    assert missing == {
        "dqn": ["dqn", "dqn_target"],
        "vec_dqn": ["vec_dqn", "vec_dqn_target"],
        "sp": ["q_star", "sp"],
        "sv": ["q_star"],
    }


def test_a_batch_is_shown_listed_and_deleted(client: TestClient, stored: dict[str, Any]) -> None:
    address = f"/api/batches/{stored['id']}"
    assert client.get(address).json() == stored
    summary = {key: stored[key] for key in ("id", "name", "size", "created", "B", "S")}
    assert client.get("/api/batches").json() == {"batches": [summary]}
    assert client.delete(address).status_code == 204
    assert client.get("/api/batches").json() == {"batches": []}
    for answer in (client.get(address), client.get(f"{address}/file"), client.delete(address)):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_batch")


@pytest.mark.parametrize(
    ("name", "file_name"),
    [("mine.npz", "mine.safetensors"), ("mine.safetensors", "mine.safetensors"), ("mine", "mine.safetensors"),
     ("<b>\"é\u202e", "%3Cb%3E%22%C3%A9%E2%80%AE.safetensors")],
)  # fmt: skip
def test_a_batch_is_served_back_as_an_attachment_of_its_name(name: str, file_name: str, client: TestClient) -> None:
    batch_id = send(client, saved_batch(), name).json()["id"]
    answer = client.get(f"/api/batches/{batch_id}/file")
    assert answer.content == saved_batch()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert file_name in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json"],
)
def test_an_upload_is_raw_bytes_and_nothing_else(content_type: str, client: TestClient) -> None:
    answer = client.post("/api/batches", content=saved_batch(), headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_octets")
    assert client.get("/api/batches").json() == {"batches": []}


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "a\x00b", "\x7f"])
def test_a_name_that_cannot_be_shown_is_refused(name: str, client: TestClient) -> None:
    answer = send(client, saved_batch(), name)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


@pytest.mark.parametrize("chunked", [False, True])
def test_over_the_cap_is_413_however_it_is_sent(chunked: bool, settings: Settings) -> None:
    content = saved_batch()
    chunks: Iterator[bytes] = (content[start : start + 100] for start in range(0, len(content), 100))
    with TestClient(create_app(settings.model_copy(update={"max_upload_bytes": 1000})), "http://localhost") as client:
        answer = send(client, chunks if chunked else content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert client.get("/api/batches").json() == {"batches": []}


def test_an_upload_may_be_larger_than_a_json_body(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"max_json_bytes": 1000})), "http://localhost") as client:
        assert send(client, saved_batch()).status_code == 201


@contextmanager
def files_opened() -> Generator[list[str]]:
    """Every path that Python opens meanwhile; a hook cannot be taken off again, so it is switched off."""
    opened: list[str] = []
    watching = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in {"open", "os.rename", "os.remove", "os.mkdir", "shutil.move"}:
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    try:
        yield opened
    finally:
        watching = False


def test_no_name_and_no_path_opens_anything_outside_the_data_folder(client: TestClient, settings: Settings) -> None:
    program = (
        sys.prefix,
        str(Path(sys.modules["mouse_dashboard"].__path__[0])),
    )  # tracebacks, and the page in its folder
    content = saved_batch()
    send(client, content)
    client.get("/nothing.js")
    with files_opened() as opened:
        for text in TRAVERSALS:
            assert send(client, content, text).status_code == 200
            assert client.get("/api/runs", params={"search": text}).status_code == 200
            addresses = ["/{}", "/assets/{}", "/api/batches/{}", "/api/batches/{}/file", "/api/runs/{}"]
            for address in (each.format(text) for each in addresses):
                assert client.get(address).status_code in {404, 422}
            assert client.post(f"/api/batches/{text}/evaluate", json={"configs": {"sv": {}}}).status_code in {
                404,
                405,
                422,
            }
    inside = (str(settings.data_dir), *program)
    assert opened
    assert [path for path in opened if path.startswith(("/", "~", "C:", ".")) and not path.startswith(inside)] == []


def test_nothing_changes_a_stored_batch(client: TestClient, stored: dict[str, Any]) -> None:
    everything: dict[str, Any] = {"configs": {name: {} for name in LOSSES}, "figures": []}
    assert client.post(f"/api/batches/{stored['id']}/evaluate", json=everything).status_code == 200
    client.get(f"/api/batches/{stored['id']}")
    kept = client.get(f"/api/batches/{stored['id']}/file").content
    assert hashlib.sha256(kept).hexdigest() == stored["id"]


def test_an_upload_that_is_cut_off_stores_nothing(client: TestClient) -> None:
    messages = iter(
        [{"type": "http.request", "body": saved_batch()[:100], "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send_on(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/octet-stream")]
    scope = {"type": "http", "method": "POST", "path": "/api/batches", "query_string": b"", "headers": headers}
    asyncio.run(client.app(scope, receive, send_on))  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
    assert client.get("/api/batches").json() == {"batches": []}
