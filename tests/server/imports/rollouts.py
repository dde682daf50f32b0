"""A loop around env.step, saved with numpy, and its mapping."""

from typing import Any

from starlette.testclient import TestClient
from torch import Tensor

from tests.mapping.files import gymnasium, heads
from tests.server.files import npz

NAMES = {"action": "actions", "reward": "rewards", "terminated": "terminations", "truncated": "truncations"}
TWINS = {"dqn": "dqn", "dqn_target": "dqn_target"}
MAPPING: dict[str, Any] = {"fields": NAMES | TWINS, "layout": "flat", "alignment": "state", "length": 6}


def rollout(**more: Any) -> bytes:
    """A loop around env.step, saved with numpy."""
    return numpy_file({**gymnasium(), **heads(), **more})


def numpy_file(fields: dict[str, Tensor], rows: slice = slice(None)) -> bytes:
    arrays: dict[str, Any] = {name: value.numpy()[rows] for name, value in fields.items()}
    return npz(**arrays)


def mapped(client: TestClient, waiting: dict[str, Any], mapping: dict[str, Any] = MAPPING) -> dict[str, Any]:
    answer = client.post(f"/api/imports/{waiting['id']}/batch", json={"mapping": mapping})
    assert answer.status_code == 201
    return answer.json()
