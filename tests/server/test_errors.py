"""Whatever goes wrong comes out in the one schema, and gives nothing away."""

import asyncio
import logging
from collections.abc import Generator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from mouse.errors import BatchError, MissingFieldError
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.security.headers import HEADERS
from mouse_dashboard.web.security.unhandled_errors import UnhandledErrors

SECRET = "/srv/secret/path.py"


@pytest.fixture
def failing(settings: Settings) -> Generator[TestClient]:
    app = create_app(settings)
    _add_routes(app)
    with TestClient(app, "http://localhost") as client:
        yield client


def _add_routes(app: FastAPI) -> None:
    @app.get("/fail/unexpected")
    def unexpected() -> None:
        raise RuntimeError(SECRET)

    @app.get("/fail/batch")
    def batch() -> None:
        raise BatchError("out.dqn", "shape [1]", "[B, S, A]", "reshape it")

    @app.get("/fail/missing")
    def missing() -> None:
        raise MissingFieldError("out.dqn", "only sv", "float [B, S, A]", "add it")

    @app.get("/fail/gone")
    def gone() -> None:
        raise ClientDisconnect


def test_a_bug_is_a_500_in_the_schema_and_its_traceback_goes_to_the_log(
    failing: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = failing.get("/fail/unexpected")
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.status, body.code) == (500, 500, "unexpected")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert SECRET in caplog.text


@pytest.mark.parametrize(("address", "code"), [("/fail/batch", "unusable_batch"), ("/fail/missing", "missing_field")])
def test_the_sentences_of_the_library_are_422(address: str, code: str, failing: TestClient) -> None:
    answer = failing.get(address)
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.code, body.field) == (422, code, "out.dqn")
    assert body.message.startswith("out.dqn: found ")


def test_a_client_that_went_away_is_no_bug(failing: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert failing.get("/fail/gone").json()["code"] == "gone"
    assert not [record for record in caplog.records if record.name == "mouse"]


def test_a_failure_after_the_answer_began_is_passed_on() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError(SECRET)

    async def nothing(*_: Any) -> Any:
        return None

    with pytest.raises(RuntimeError):
        asyncio.run(UnhandledErrors(app)({"type": "http", "method": "GET", "path": "/"}, nothing, nothing))


@pytest.mark.parametrize("started", [False, True])
def test_what_the_end_cuts_off_is_a_503_unless_its_answer_began(started: bool) -> None:
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise asyncio.CancelledError

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(UnhandledErrors(app)({"type": "http", "method": "GET", "path": "/"}, receive, send))
    if started:
        assert [message["type"] for message in sent] == ["http.response.start"]
    else:
        body = ErrorBody.model_validate_json(sent[1]["body"])
        assert (sent[0]["status"], body.status, body.code) == (503, 503, "stopping")


NUMBERS = [
    "NaN",
    '"NaN"',
    "Infinity",
    "-Infinity",
    "1e400",
    "true",
    '"0.9"',
    "null",
    "[]",
    "{}",
    '"\\ud800"',
    "2",
    "-1",
]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("value", NUMBERS)
def test_a_value_that_is_no_number_in_bounds_is_422_naming_the_field(value: str, dashboard: TestClient) -> None:
    answer = dashboard.post("/api/losses/dqn/config", content=f'{{"gamma": {value}}}', headers=JSON)
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.field) == (422, "gamma")
    assert body.message.startswith("gamma: found ")
    assert len(body.message) < 200


@pytest.mark.parametrize(
    ("content", "status", "code", "field"),
    [
        (b"{", 422, "invalid_json", None),
        (b"", 422, "missing_value", None),
        (b"[]", 422, "invalid_value", None),
        (b"\xff", 400, "unreadable", None),
        (b"[" * 60_000, 400, "unreadable", None),
        (b'{"gamma":' + b"9" * 5000 + b"}", 400, "unreadable", None),
        (b'{"nope": 1}', 422, "unknown_field", "nope"),
        (b'{"\\ud800": 1}', 422, "invalid_value", None),
        (b'{"' + b"x" * 9000 + b'": 1}', 422, "unknown_field", "x" * 200),
        (b'{"gamma": "' + b"x" * 9000 + b'"}', 422, "invalid_value", "gamma"),
    ],
)
def test_an_odd_body_is_told_in_one_short_sentence(
    content: bytes, status: int, code: str, field: str | None, dashboard: TestClient
) -> None:
    answer = dashboard.post("/api/losses/dqn/config", content=content, headers=JSON)
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.code, body.field) == (status, code, field)
    assert len(body.message) < 400


@pytest.mark.parametrize(
    ("loss", "field", "value", "said"),
    [
        ("dqn", "gamma", 2, "found 2, expected 0 to 1; type a number in that range, or reset it to 0.99."),
        ("dqn", "gamma", "high", "found 'high', expected 0 to 1; type a number in that range, or reset it to 0.99."),
        ("dqn", "weight", -1, "found -1, expected 0 or more; type a number in that range, or reset it to 1."),
        ("dqn", "reward_scale", None, "found null, expected a finite number; type a number, or reset it to 1."),
        ("dqn", "use_xformed_reward", 3, "found 3, expected true or false; switch it on or off."),
        ("sv", "loss_type", "mape", "found 'mape', expected one of mse, mae; pick one of them, or reset it to mse."),
    ],
)
def test_a_field_of_a_config_is_named_by_its_path_and_its_form_says_what_to_do(
    loss: str, field: str, value: object, said: str, dashboard: TestClient
) -> None:
    answer = dashboard.post(f"/api/batches/{'0' * 64}/evaluate", json={"configs": {loss: {field: value}}})
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.field) == (422, f"configs.{loss}.{field}")
    assert body.message == f"configs.{loss}.{field}: {said}"


def test_outside_a_config_a_bound_is_told_in_words(dashboard: TestClient) -> None:
    view: dict[str, Any] = {"loss": "dqn", "term": "loss", "component": -1, "configs": {"dqn": {}}}
    answer = dashboard.post(f"/api/batches/{'0' * 64}/transition", json=view)
    assert answer.json()["message"] == "component: found -1, expected 0 or more; change it."
