"""Checks 8, 10 and 45: no request names a path, an address or code that the server would open or run."""

import ast
import mimetypes
import re
import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import mouse_dashboard
from tests.security.living import OPERATIONS, Living, Operation, places, resolved, scan_folder
from tests.security.watching import watched
from tests.server.files import OCTETS, saved_batch
from tests.server.routes import ROUTES

TRAVERSALS = [
    "../../secret", "..%2f..%2fsecret", "%2e%2e/%2e%2e/secret", "%252e%252e%252fsecret", "..\\..\\secret", "C:\\secret",
    "/etc/passwd", "//etc/passwd", "a\x00b", "\u202etxt.exe", "../" * 1365, "....//....//", "~root", "|id", "$(id)",
    "file:///etc/passwd", "\\\\host\\share", '"; filename="x', "x\u2028y", ".", "..", "a" * 4096,
]  # fmt: skip
ERRORS = range(200, 500)
NAMES_OF_PATHS = {"path", "file", "filename", "folder", "dir", "directory", "url", "uri", "href", "source", "src"}
NAMES_OF_CODE = {"code", "expression", "expr", "function", "module", "script", "import", "command", "formula", "python"}
RUNS_CODE = {"eval", "exec", "compile", "__import__", "execfile", "run_path", "run_module", "import_module"}


def with_text_everywhere(
    dashboard: Living, operation: Operation, text: str, first: int = 0, every: int = 1
) -> Iterator[int]:
    """Statuses of an operation, with a text in each place in turn that takes text; in bodies in every n-th one."""
    for name, described in operation.parameters.items():
        if described["schema"].get("type") == "string" or described["in"] == "path":
            asked: dict[str, Any] = {name: text}
            yield dashboard.call(operation, **asked).status_code
    fields = places(operation.body) if operation.body else ()
    texts = (place for place in fields if place.schema.get("type") == "string" and "enum" not in place.schema)
    for place in islice(texts, first % every, None, every):
        yield dashboard.call(operation, body=place.put(text)).status_code


@pytest.mark.process
def test_check_08_no_parameter_opens_an_address_or_a_path_of_the_server(
    living_dashboard: Living, tmp_path: Path
) -> None:
    canary = tmp_path / "canary.safetensors"
    canary.write_bytes(saved_batch(seed=7))
    with socket.create_server(("127.0.0.1", 0)) as listening, watched() as seen:
        port = listening.getsockname()[1]
        for text in (str(canary), canary.as_uri(), f"http://127.0.0.1:{port}/", f"//127.0.0.1:{port}/x"):
            for operation in OPERATIONS:
                statuses = set(with_text_everywhere(living_dashboard, operation, text))
                assert all(status in ERRORS for status in statuses), (operation, text[:40], statuses)
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert [path for path in seen.opened if "canary" in path] == []
    assert seen.connected == []


@pytest.mark.process
def test_check_10_no_name_and_no_path_opens_anything_outside_the_data_folder(
    living_dashboard: Living, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("do not tell")
    client = living_dashboard.client
    mimetypes.init()  # reads the system's own list, once
    contents = [saved_batch(), saved_batch(seed=1)]  # made before: that opens files
    with watched() as seen:
        for number, text in enumerate(TRAVERSALS):
            for operation in OPERATIONS:
                # Nothing of a body is decoded: some of the texts are enough for each of its places.
                statuses = set(with_text_everywhere(living_dashboard, operation, text, first=number, every=4))
                assert all(status in ERRORS for status in statuses), (operation, text[:40], statuses)
            for route in ROUTES:
                if "{name}" in route.path and "\x00" not in text:
                    answer = client.request(route.method, route.path.replace("{name}", text))
                    assert answer.status_code in {307, 400, 404, 405, 200, 503}, (route, text)
                    assert b"do not tell" not in answer.content
            sent: dict[str, Any] = {
                "params": {"name": text[:255]},
                "headers": OCTETS | {"Content-Disposition": "attachment"},
            }
            assert client.post("/api/batches", content=contents[0], **sent).status_code in {200, 422}
    assert seen.opened
    assert seen.outside(living_dashboard.folder, scan_folder()) == []  # the operator named the scan's folder
    files = [path.name for path in (living_dashboard.folder / "batches").iterdir()]
    assert all(len(name.partition(".")[0]) == 64 for name in files), "uploads lie under ids"


def test_check_45_ids_are_of_a_pattern_that_no_path_fits() -> None:
    for operation in OPERATIONS:
        for name, described in operation.parameters.items():
            if name.endswith("_id"):
                assert re.fullmatch(r"\^\[0-9a-f\]\{(32|64)\}\$", described["schema"]["pattern"])


def test_check_45_no_request_can_name_code_or_a_path() -> None:
    """A user's own loss function comes with the command line alone; until then nothing here may take one."""
    for name in names_taken():
        words = set[str]() if name.endswith("_id") else set(name.lower().split("_"))  # ids are of a pattern
        assert not words & (NAMES_OF_PATHS | NAMES_OF_CODE), name
    folder = Path(mouse_dashboard.__path__[0])
    for file in folder.rglob("*.py"):
        if not {"cli", "sandbox"} & {part.removesuffix(".py") for part in file.relative_to(folder).parts}:
            assert not set(calls_of(file)) & RUNS_CODE, file


def names_taken() -> Iterator[str]:
    """Every name in a request: of parameters, of fields of bodies, of parts of paths."""
    for operation in OPERATIONS:
        yield from operation.parameters
        if operation.body:
            yield from fields_of(operation.body, set())


def fields_of(schema: Any, seen: set[str]) -> Iterator[str]:
    reference = schema.get("$ref", "")
    if reference in seen:
        return
    seen |= {reference} - {""}
    schema = resolved(schema)
    for name, child in schema.get("properties", {}).items():
        yield name
        yield from fields_of(child, seen)
    for part in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for child in schema.get(part, ()):
            yield from fields_of(child, seen)
    if isinstance(schema.get("items"), dict):
        yield from fields_of(schema["items"], seen)


def calls_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name):
                yield called.id
            elif isinstance(called, ast.Attribute) and called.attr in RUNS_CODE - {"compile", "eval"}:
                yield called.attr


def test_check_45_every_operation_that_takes_something_is_looked_at() -> None:
    taking = [operation for operation in OPERATIONS if "requestBody" in operation.described]
    assert len(taking) >= 12
    assert {"configs", "gamma", "mapping", "batch_id", "search", "metrics"} <= set(names_taken())
