"""Snapshots as a client sends them."""

import json
from typing import Any

import httpx2
from starlette.testclient import TestClient

from tests.server.files import OCTETS, saved_batch


def send_unlisted(client: TestClient, seed: int = 0, **shape: int) -> str:
    """Send a batch for a snapshot, and return its id."""
    content = saved_batch(seed=seed, **shape)
    parameters: dict[str, Any] = {"name": "snapshot.safetensors", "listed": False}
    return client.post("/api/batches", params=parameters, content=content, headers=OCTETS).json()["id"]


def push(client: TestClient, step: int, /, **changes: Any) -> httpx2.Response:
    """Push a snapshot of a batch of its own."""
    body: dict[str, Any] = {"run": "cartpole", "step": step, "configs": {"dqn": {"gamma": 0.5}}} | changes
    if "batch_id" not in body:
        body["batch_id"] = send_unlisted(client, seed=step)
    return client.post("/api/snapshots", content=json.dumps(body), headers={"Content-Type": "application/json"})
