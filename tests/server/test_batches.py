"""Batches over HTTP: sent as raw bytes, shown, served back as attachments, deleted."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.files import npz, npz_arrays, saved_batch, send


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


@pytest.mark.process
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
    assert client.get("/api/batches").json() == {"batches": [summary | {"transitions": False}]}
    assert client.delete(address).status_code == 204
    assert client.get("/api/batches").json() == {"batches": []}
    for answer in (client.get(address), client.get(f"{address}/file"), client.delete(address)):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_batch")


@pytest.mark.parametrize(
    ("name", "file_name"),
    [("mine.npz", "mine.safetensors"), ("mine.safetensors", "mine.safetensors"), ("mine", "mine.safetensors"),
     ("<b>\"é\u202e", "%3Cb%3E%22%C3%A9.safetensors")],
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


def test_an_upload_may_be_larger_than_a_json_body(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"max_json_bytes": 1000})), "http://localhost") as client:
        assert send(client, saved_batch()).status_code == 201


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
