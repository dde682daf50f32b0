"""The committed schema is the app's, and the app keeps to it."""

import json
from collections.abc import Generator
from typing import Any, NamedTuple, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from mouse_dashboard.store.demo_batch import stored_demo_batch
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.openapi import FILE, openapi_text
from tests.server.conftest import LOCAL
from tests.server.files import npz, saved_batch, send

SCHEMA = json.loads(FILE.read_text())
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
HOST = {"Host": "localhost"}
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
]


def test_the_committed_schema_is_the_apps() -> None:
    assert FILE.read_text() == openapi_text(), "run: python -m mouse_dashboard.web.openapi"


def test_operation_ids_are_names_of_functions_and_distinct() -> None:
    ids = [operation["operationId"] for path in SCHEMA["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not name.isidentifier()] == []
    assert {"health", "list_losses", "validate_dqn_config", "upload_batch", "show_batch", "evaluate"} <= set(ids)


def test_every_operation_documents_its_errors_in_the_one_schema() -> None:
    for path in SCHEMA["paths"].values():
        for operation in path.values():
            error = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
            assert error == {"$ref": "#/components/schemas/ErrorBody"}


MODES = ["positive", "negative"]
OPERATIONS = sorted((path, method) for path, methods in SCHEMA["paths"].items() for method in methods)


class Dashboard(NamedTuple):
    schema: Any
    mode: Any
    """Of schemathesis, by its name."""
    checks: list[Any]
    known: dict[str, str]
    """Something that is there, by the name of the parameter that takes its id."""


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Generator[Dashboard]:
    """One that keeps a batch and a file to map, so that not every request ends at 404, and has a demo batch at hand."""
    import schemathesis  # noqa: PLC0415  it takes seconds to import: only where it is needed
    from schemathesis import checks  # noqa: PLC0415

    checks.load_all_checks()
    named: Any = cast("Any", checks).CHECKS.get_by_names(CHECKS)
    data_dir = tmp_path_factory.mktemp("data")
    stored_demo_batch(data_dir, 0, lambda path, _seed: path.write_bytes(saved_batch()))  # training one takes too long
    app = create_app(Settings(data_dir=data_dir))
    app.state.events.close()  # a stream of events ends at once, where it would never
    with TestClient(app, LOCAL) as client:
        known = {"batch_id": send(client, saved_batch()), "import_id": send(client, npz(rewards=np.zeros(6)))}
        schema: Any = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HOST)
        ids = {name: answer.json()["id"] for name, answer in known.items()}
        yield Dashboard(schema, schemathesis.GenerationMode, named, ids)


@pytest.mark.process
@pytest.mark.parametrize("mode", MODES, ids=["kept", "broken"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_check_24_no_request_breaks_the_schema(operation: tuple[str, str], mode: str, called: Dashboard) -> None:
    path, method = operation
    described = SCHEMA["paths"][path][method]
    broken = mode == "negative"
    if broken and not described.keys() & {"parameters", "requestBody"}:
        return  # nothing in it to break
    known = {name: value for name, value in called.known.items() if name in path}
    on_known = known and method != "delete" and ("requestBody" in described or not broken)
    fixed: dict[str, Any] = {"path_parameters": known} if on_known else {}

    @given(case=called.schema[path][method].as_strategy(generation_mode=called.mode(mode), **fixed))
    @hypothesis_settings(max_examples=10, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW)
    def check(case: Any) -> None:
        case.call_and_validate(checks=called.checks, headers=HOST)

    check()
