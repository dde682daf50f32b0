"""What holds for every route, whatever it does."""

import pytest
from starlette.testclient import TestClient

from mouse_dashboard.schema.errors import ErrorBody
from tests.server.routes import API, ROUTES, UNSAFE, RouteCase

PARSING = [route for route in UNSAFE if route.method != "DELETE" and route.path not in {"/api/batches", "/api/demo"}]
"""Routes that read a JSON body: all but the upload, which streams, and those without a body."""
JSON_BUT = {"/api/events": "text/event-stream; charset=utf-8"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def test_the_routes_are_found() -> None:
    paths = {route.path for route in ROUTES}
    assert {"/", "/assets/{name}", "/api/health", "/api/openapi.json", "/api/batches/{batch_id}/evaluate"} <= paths
    assert len(UNSAFE) >= 8


@pytest.mark.parametrize("route", API, ids=str)
def test_every_api_answer_is_json_and_every_error_the_one_schema(route: RouteCase, dashboard: TestClient) -> None:
    answer = dashboard.request(route.method, route.address)
    if route.method != "HEAD" and answer.status_code != 204:
        assert answer.headers["content-type"] == JSON_BUT.get(route.path, "application/json")
    if answer.status_code >= 400 and route.method != "HEAD":
        assert ErrorBody.model_validate_json(answer.content).status == answer.status_code


@pytest.mark.parametrize("path", sorted({route.address for route in API}))
def test_a_method_that_a_route_does_not_take_is_405_and_names_those_it_does(path: str, dashboard: TestClient) -> None:
    taken = {route.method for route in ROUTES if route.address == path}
    for method in set(METHODS) - taken:
        answer = dashboard.request(method, path)
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == taken
        if method != "HEAD":
            assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/nothing/at/all", "/api/batches/../../etc/passwd"])
def test_an_unknown_address_is_404_in_the_one_schema(path: str, dashboard: TestClient) -> None:
    answer = dashboard.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("route", PARSING, ids=str)
def test_a_parsed_body_has_a_cap(route: RouteCase, dashboard: TestClient) -> None:
    answer = dashboard.request(
        route.method,
        route.address,
        content=b'"' + b"x" * (1 << 20) + b'"',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
