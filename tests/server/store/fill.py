"""Fill a running dashboard over HTTP: `python -m tests.server.store.fill http://localhost:8000`.

`unversioned.zip` is the data folder that the dashboard of commit 49559bd, the last without versions, wrote of this.
"""

import json
import sys

import httpx2

from tests.server.files import OCTETS, npz, npz_arrays, saved_batch
from tests.server.imports.rollouts import MAPPING, rollout

CONFIGS = {"dqn": {"gamma": 0.5}}


def fill(client: httpx2.Client) -> None:
    """Store two batches, one that is mapped, a file that waits, and a run of two snapshots, one protected."""

    def send(name: str, content: bytes, **parameters: str) -> str:
        answer = client.post("/api/batches", params={"name": name, **parameters}, content=content, headers=OCTETS)
        return answer.raise_for_status().json()["id"]

    def post(path: str, body: object, method: str = "POST") -> None:
        json_type = {"Content-Type": "application/json"}
        client.request(method, path, content=json.dumps(body), headers=json_type).raise_for_status()

    send("native.safetensors", saved_batch())
    send("converted.npz", npz(**npz_arrays()))
    post(f"/api/imports/{send('rollout.npz', rollout())}/batch", {"mapping": MAPPING})
    send("waits.npz", npz(rewards=npz_arrays()["reward"]))
    for step in (10, 20):
        batch_id = send("snapshot", saved_batch(seed=step), listed="false")
        post("/api/snapshots", {"run": "cartpole", "step": step, "batch_id": batch_id, "configs": CONFIGS})
    (run,) = client.get("/api/runs").json()["runs"]
    post(f"/api/runs/{run['id']}/snapshots/10/pin", {"pinned": True}, "PUT")


if __name__ == "__main__":
    with httpx2.Client(base_url=sys.argv[1]) as client:
        fill(client)
