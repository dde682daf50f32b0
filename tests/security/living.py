"""A dashboard with something of everything in it, and a valid request of every operation, made from its own schema."""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
from starlette.testclient import TestClient

from mouse_dashboard.scan.library import scan_id
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.openapi import FILE
from tests.server.conftest import LOCAL
from tests.server.files import OCTETS, keep_small_demo, saved_batch, send
from tests.server.imports.rollouts import MAPPING, rollout
from tests.server.runs.pushed import push
from tests.server.scan.shards import write, write_out

SCHEMA: dict[str, Any] = json.loads(FILE.read_text())
JSON = {"Content-Type": "application/json"}
VALID: dict[str, Any] = {
    "configs": {"dqn": {}}, "mapping": MAPPING, "fields": MAPPING["fields"], "loss": "dqn", "term": "loss",
    "group": "step_stream", "name": "reward", "index": [], "kind": "map", "by": "done", "value": 0, "run": "cartpole",
    "step": 4, "row": 1, "rows": [0, 2], "steps": [0, 3], "loss_field": "reward",
    "quantity": "reward", "number": 0,
}  # fmt: skip
"""Values that fit a field of that name, wherever it stands: without them no request would get past its first check."""


MADE = TemporaryDirectory(prefix="mouse-living-")


class Operation(NamedTuple):
    """One operation of the API."""

    method: str
    path: str
    described: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """Parameters of path and query, by name."""
        return {each["name"]: each for each in self.described.get("parameters", [])}

    @property
    def body(self) -> dict[str, Any] | None:
        """Schema of the JSON body, where there is one."""
        content = self.described.get("requestBody", {}).get("content", {})
        return content["application/json"]["schema"] if "application/json" in content else None

    @property
    def is_upload(self) -> bool:
        return "requestBody" in self.described and self.body is None


OPERATIONS = [
    Operation(method.upper(), path, described)
    for path, methods in SCHEMA["paths"].items()
    for method, described in methods.items()
]


class Living(NamedTuple):
    """A dashboard that keeps a batch, a file to map, and a run with a snapshot, and shows a scan."""

    client: TestClient
    ids: dict[str, str]
    """By the name of the parameter."""
    folder: Path

    def call(
        self,
        operation: Operation,
        *,
        body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx2.Response:
        """Make a valid request, but for what is said here."""
        path, query = operation.path, dict[str, Any]()
        for name, described in operation.parameters.items():
            if described["in"] == "path":
                value = str(parameters.get(name, self.ids.get(name, "")))
                path = path.replace(f"{{{name}}}", quote(value, safe="/%\\:|~$()=;<>"))
            elif name in parameters or described.get("required"):
                fallback = json.dumps(VALID[name]) if name == "configs" else valid(described["schema"], name)
                query[name] = parameters.get(name, fallback)
        sent_as = OCTETS if operation.is_upload else JSON if operation.body else {}
        if content is None and operation.is_upload:
            content = saved_batch(seed=1)
        if content is None and operation.body:
            made = valid(operation.body) if body is None else body
            if body is None and "batch_id" in made:
                made["batch_id"] = self.ids["batch_id"]
            content = json.dumps(made).encode()
        return self.client.request(
            operation.method, path, params=query, content=content, headers=sent_as | (headers or {})
        )

    def state(self) -> Any:
        """Everything that a write would change."""
        batches = self.client.get("/api/batches").json()
        waiting = self.client.get(f"/api/imports/{self.ids['import_id']}").json()
        runs = [run["id"] for run in self.client.get("/api/runs").json()["runs"]]
        run = self.client.get(f"/api/runs/{self.ids['run_id']}").json()
        snapshots = [(each["step"], each["pinned"]) for each in run["timeline"]]
        return batches, waiting, runs, snapshots, files(self.folder)


def files(folder: Path) -> list[tuple[str, int]]:
    """Every file but those of the data base."""
    found = (path for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name)
    return sorted((path.relative_to(folder).as_posix(), path.stat().st_size) for path in found)


@cache
def scan_folder() -> Path:
    """A scan that nothing here changes, made once."""
    folder = Path(MADE.name) / "scan"
    folder.mkdir()
    write(folder / "data", 1)
    write_out(folder / "data", folder / "out", 0.9)
    return folder / "out"


@cache
def filled_folder() -> tuple[Path, dict[str, str]]:
    """A data folder to copy, and the ids of what a dashboard was sent that kept it."""
    folder, scan = Path(MADE.name) / "kept", scan_folder()
    keep_small_demo(folder)
    with _serving(folder) as client:
        batch = send(client, saved_batch()).json()["id"]
        waiting = send(client, rollout()).json()["id"]
        pushed = push(client, 3).json()
    ids = {"batch_id": batch, "import_id": waiting, "run_id": pushed["run"]["id"], "step": "3"}
    return folder, ids | {"scan_id": scan_id(scan), "other_id": scan_id(scan), "rank": "0"}


@contextmanager
def living(folder: Path, **settings: Any) -> Generator[Living]:
    """One in a folder, until the block ends."""
    filled, ids = filled_folder()
    copytree(filled, folder, dirs_exist_ok=True)
    with _serving(folder, **settings) as client:
        yield Living(client, ids, folder)


@contextmanager
def _serving(folder: Path, **settings: Any) -> Generator[TestClient]:
    app = create_app(Settings(data_dir=folder, **settings), scans=[scan_folder()])
    app.state.events.close()  # a stream of events ends at once, where it would never
    with TestClient(app, LOCAL, follow_redirects=False) as client:
        yield client


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def valid(schema: dict[str, Any], name: str = "") -> Any:
    """The smallest value of a schema; one that fits the field's name where there is one."""
    if name in VALID:
        return VALID[name]
    schema = resolved(schema)
    if "default" in schema:
        return schema["default"]
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if alternatives in schema:
            return valid(schema[alternatives][0], name)
    if "enum" in schema:
        return schema["enum"][0]
    required = schema.get("required", ())
    return {
        "object": {each: valid(schema.get("properties", {}).get(each, {}), each) for each in required},
        "array": [valid(each) for each in schema.get("prefixItems", ())],
        "boolean": False,
        "string": "0" * 64,
    }.get(schema.get("type", ""), int(schema.get("minimum", 0)))


class Place(NamedTuple):
    """A leaf of a body."""

    field: tuple[str, ...]
    schema: dict[str, Any]
    optional: bool
    """Whether it may be null."""
    put: Callable[[Any], Any]
    """The whole body, with a value here."""


def places(schema: dict[str, Any]) -> Iterator[Place]:
    """Every leaf of a body, through objects, lists and alternatives."""

    def whole(value: Any) -> Any:
        return value

    yield from _places(Place((), schema, optional=False, put=whole), "")


def _places(at: Place, name: str) -> Iterator[Place]:
    schema = resolved(at.schema)
    alternatives = schema.get("anyOf", ())
    if alternatives:
        optional = any(each.get("type") == "null" for each in alternatives)
        for each in alternatives:
            if each.get("type") != "null":
                yield from _places(at._replace(schema=each, optional=optional), name)
    elif "properties" in schema or "additionalProperties" in schema or "patternProperties" in schema:
        inside: dict[str, Any] = dict(schema.get("properties", {}))
        rest = schema.get("additionalProperties") or next(iter(schema.get("patternProperties", {}).values()), None)
        if isinstance(rest, dict):
            inside["reward"] = rest
        for key, child in inside.items():

            def put(value: Any, key: str = key) -> Any:
                return at.put({**valid(schema, name), key: value})

            yield from _places(Place((*at.field, key), child, optional=False, put=put), key)
    elif schema.get("type") == "array":
        items = schema.get("prefixItems") or [schema["items"]]
        for index, child in enumerate(items):

            def put_item(value: Any, index: int = index, items: Any = items) -> Any:
                return at.put([value if place == index else valid(each) for place, each in enumerate(items)])

            yield from _places(Place((*at.field, str(index)), child, optional=False, put=put_item), "")
    else:
        yield at._replace(schema=schema)
