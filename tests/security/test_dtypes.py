"""Check 41: whatever type a field has that a reader lets through, every route answers."""

import json
import tempfile
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from starlette.testclient import TestClient
from torch import Tensor

from mouse.batch import save_batch
from mouse_dashboard.reading.item_types import ITEM_TYPES
from tests.server.batches import random_batch
from tests.server.files import send
from tests.server.routes import API
from tests.server.runs.pushed import push

DTYPES = [getattr(torch, item.torch.removeprefix("torch.")) for item in ITEM_TYPES]
CODES = ("action", "done", "time")
NUMBERS = ("reward", "xformed_reward", "q_star", "dqn", "dqn_target", "vec_dqn", "vec_dqn_target", "sp", "sv")
CONFIGS: dict[str, Any] = {name: {} for name in ("dqn", "vec_dqn", "sp", "sv")}
VIEW: dict[str, Any] = {"configs": CONFIGS, "loss": "dqn", "term": "loss"}
PLACE = {"row": 1, "step": 2}
KINDS = ("map", "histogram", "share_by", "worst", "sequence", "waterfall")
FIGURES = [{"loss": "dqn", "term": "loss", "kind": kind} for kind in KINDS]
MAPPING = {"mapping": {"fields": {"action": "a", "reward": "r"}, "layout": "sequences", "alignment": "next_state"}}
ASKED: dict[str, dict[str, Any]] = {
    "GET /api/batches/{batch_id}": {},
    "GET /api/batches/{batch_id}/data": {},
    "GET /api/batches/{batch_id}/facts": {},
    "GET /api/batches/{batch_id}/file": {},
    "GET /api/batches/{batch_id}/image": {"params": PLACE | {"group": "step_stream", "name": "extra_image"}},
    "GET /api/batches/{batch_id}/step": {"params": PLACE},
    "GET /api/batches/{batch_id}/terms": {"params": {"loss": "dqn", "format": "csv", "configs": json.dumps(CONFIGS)}},
    "POST /api/batches/{batch_id}/doctor": {"json": {"configs": CONFIGS}},
    "POST /api/batches/{batch_id}/evaluate": {"json": {"configs": CONFIGS, "figures": FIGURES}},
    "POST /api/batches/{batch_id}/field": {"json": {"group": "step_stream", "name": "extra"}},
    "POST /api/batches/{batch_id}/overview": {"json": {"configs": CONFIGS}},
    "POST /api/batches/{batch_id}/script": {"json": {"configs": CONFIGS, "loss": "dqn"}},
    "POST /api/batches/{batch_id}/transition": {"json": VIEW},
    "GET /api/imports/{import_id}": {},
    "POST /api/imports/{import_id}/preview": {"json": MAPPING},
    "POST /api/imports/{import_id}/batch": {"json": MAPPING},
    "DELETE /api/imports/{import_id}": {},
    "GET /api/runs/{run_id}": {},
    "GET /api/runs/{run_id}/snapshots/{step}": {},
    "PUT /api/runs/{run_id}/snapshots/{step}/pin": {"json": {"pinned": True}},
    "DELETE /api/runs/{run_id}/snapshots/{step}": {},
    "DELETE /api/runs/{run_id}": {},
    "DELETE /api/batches/{batch_id}": {},
}
"""Every route that is about a batch, a file or a snapshot, in an order that deletes last."""
ALWAYS = [
    *(f"GET /api/batches/{{batch_id}}{part}" for part in ("", "/data", "/facts", "/file", "/step")),
    *(f"POST /api/batches/{{batch_id}}/{part}" for part in ("doctor", "evaluate", "field", "overview", "script")),
]
"""Routes that refuse no type; others may refuse what no loss reads, or what is no image."""
SHAPE = (4, 7)


def asked_of_every_route() -> dict[str, dict[str, Any]]:
    """What each route about a batch is asked; a new one first, with nothing."""
    about = [str(route) for route in API if "_id}" in route.path and route.method != "HEAD"]
    return {route: {} for route in about if route not in ASKED} | ASKED


def filled(dtype: torch.dtype, *shape: int) -> Tensor:
    """The numbers from 0 on, and once the largest of the type."""
    values = torch.arange(SHAPE[0] * SHAPE[1]).view(*SHAPE, *(1 for _ in shape)).expand(*SHAPE, *shape)
    values = values.to(dtype).clone()
    values[0, 0] = torch.tensor(dtype == torch.bool or largest(dtype), dtype=dtype)
    return values


def largest(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).max if dtype.is_floating_point else torch.iinfo(dtype).max


def stored(client: TestClient, dtype: torch.dtype, names: tuple[str, ...]) -> str:
    """A batch with fields of that type."""
    batch: Any = random_batch(*SHAPE)
    batch.step_stream["time"] = torch.zeros(SHAPE, dtype=torch.int64)
    batch.step_stream["xformed_reward"] = batch.step_stream["reward"]
    for group in (batch.step_stream, batch.out):
        for name in set(names).intersection(group.keys()):
            group[name] = (group[name] == 0 if dtype == torch.bool else group[name].clamp(0, 9)).to(dtype)
    batch.step_stream["extra"] = filled(dtype)
    batch.step_stream["extra_image"] = filled(dtype, 2, 2)
    return sent(client, batch)


def sent(client: TestClient, batch: Any) -> str:
    """The id of a batch that is uploaded."""
    with tempfile.TemporaryDirectory() as folder:
        save_batch(Path(folder) / "b.safetensors", batch.step_stream, batch.out)
        return send(client, (Path(folder) / "b.safetensors").read_bytes()).json()["id"]


def waiting(client: TestClient, dtype: torch.dtype) -> str:
    """A file of that type that waits for a mapping."""
    answer = send(client, save({"a": torch.zeros(SHAPE, dtype=torch.int64), "r": filled(dtype)}), "r.safetensors")
    assert answer.status_code == 202
    return answer.json()["id"]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_check_41_every_dtype_works_on_every_endpoint(client: TestClient, dtype: torch.dtype) -> None:
    import_id = waiting(client, dtype)
    for names in (CODES, NUMBERS):
        batch_id = stored(client, dtype, names)
        run = push(client, 3, batch_id=batch_id, configs=CONFIGS).json()["run"]["id"]
        ids = {"{batch_id}": batch_id, "{import_id}": import_id, "{run_id}": run, "{step}": "3"}
        for route, request in asked_of_every_route().items():
            if "{import_id}" in route and names == NUMBERS:
                continue  # the file that waits is the same
            method, path = route.split()
            address = reduce(lambda text, name: text.replace(name, ids[name]), ids, path)
            answer = client.request(method, address, **request)
            assert answer.status_code < 500, (route, names, answer.text)
            if route in ALWAYS:
                assert answer.status_code == 200, (route, names, answer.text)


@pytest.fixture(scope="module")
def of_every_type(dashboard: TestClient) -> str:
    """A batch with a field and an image of every type."""
    batch: Any = random_batch(*SHAPE)
    for dtype in DTYPES:
        batch.step_stream[str(dtype)] = filled(dtype)
        batch.step_stream[f"{dtype}_image"] = filled(dtype, 2, 2)
    return sent(dashboard, batch)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_field_of_every_type_has_figures_and_exact_numbers(
    dashboard: TestClient, of_every_type: str, dtype: torch.dtype
) -> None:
    for name, index in ((str(dtype), []), (f"{dtype}_image", [1, 0])):
        for pool in ("mean", "peak"):
            asked = {"group": "step_stream", "name": name, "index": index, "pool": pool, "colours": "symlog"}
            answer = dashboard.post(f"/api/batches/{of_every_type}/field", json=asked)
            assert answer.status_code == 200, answer.text
            assert all(figure["figure"] for figure in answer.json()["figures"])
    fields = dashboard.get(f"/api/batches/{of_every_type}/step", params={"row": 0, "step": 0}).json()["fields"]
    (field,) = (field for field in fields if field["name"] == str(dtype))
    assert field["values"] == [largest(dtype) if dtype != torch.bool else True]
