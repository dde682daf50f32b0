"""A misspelled field of a request is told with the names that there are, wherever in the request it stands."""

from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse.mapping import Mapping
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.web.known_fields import known_fields
from mouse_dashboard.web.validation_errors import explain
from tests.server.files import saved_batch, send

FOUND = "found a field of that name, expected one of"


@pytest.fixture(scope="module")
def batch_id(dashboard: TestClient) -> str:
    return str(send(dashboard, saved_batch()).json()["id"])


def message_of(answer: Any) -> str:
    body = ErrorBody.model_validate_json(answer.content)
    assert (answer.status_code, body.code) == (422, "unknown_field")
    return body.message


def test_a_field_of_a_config(dashboard: TestClient, batch_id: str) -> None:
    known = f"{FOUND} weight, loss_type; check its spelling or remove it."
    assert message_of(dashboard.post("/api/losses/sv/config", json={"weigth": 1})) == f"weigth: {known}"
    request = {"configs": {"sv": {"weigth": 1}}}
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json=request)
    assert message_of(answer) == f"configs.sv.weigth: {known}"


def test_a_loss(dashboard: TestClient, batch_id: str) -> None:
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {"dqm": {}}})
    assert message_of(answer).startswith(f"configs.dqm: {FOUND} dqn, ")
    assert all(f" {name}" in message_of(answer) for name in LOSSES)


def test_a_field_of_a_request(dashboard: TestClient, batch_id: str) -> None:
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {"dqn": {}}, "figure": []})
    assert message_of(answer).startswith(f"figure: {FOUND} figures, ")
    assert all(f" {name}" in message_of(answer) for name in EvaluateRequest.model_fields)


def test_a_parameter_of_an_address(dashboard: TestClient, batch_id: str) -> None:
    answer = dashboard.get(f"/api/batches/{batch_id}/step", params={"row": 0, "step": 0, "rows": 1})
    assert message_of(answer) == f"rows: {FOUND} row, step; check its spelling or remove it."


class Inner(BaseModel):
    depth: int = 0


class Outer(BaseModel):
    inner: Inner | None = None
    several: list[Inner] = []
    by_name: dict[str, Inner] = {}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ((), ["inner", "several", "by_name"]),
        (("inner",), ["depth"]),
        (("inner", "Inner"), ["depth"]),
        (("several", 0), ["depth"]),
        (("by_name", "any"), ["depth"]),
    ],
)
def test_the_fields_that_there_are_at_a_path(path: tuple[object, ...], names: list[str]) -> None:
    assert known_fields(Outer, path) == names


def test_a_part_of_a_mapping() -> None:
    assert "layout" in known_fields(Mapping, ())


def test_where_nothing_is_known_nothing_is_named() -> None:
    error = {"type": "extra_forbidden", "loc": ("gama",), "msg": "", "input": 1}
    assert explain([error]).message == (
        "gama: found a field of that name, expected none; check its spelling or remove it."
    )
