"""The overview over HTTP."""

from typing import Any

from starlette.testclient import TestClient

from tests.server.files import saved_batch, send


def test_facts_and_overview_of_a_stored_batch(client: TestClient) -> None:
    batch_id = send(client, saved_batch(rows=3, steps=5, actions=4, dim=6)).json()["id"]
    facts = client.get(f"/api/batches/{batch_id}/facts").json()
    assert (facts["batch_id"], facts["actions"], facts["dims"]) == (batch_id, [4], [6])
    asked: Any = {"configs": {"dqn": {"gamma": 0.5}, "sv": {}}}
    overview = client.post(f"/api/batches/{batch_id}/overview", json=asked).json()
    gradients = [{"kind": "histogram", "loss": name, "term": "gradient"} for name in asked["configs"]]
    evaluation = client.post(f"/api/batches/{batch_id}/evaluate", json={**asked, "figures": gradients}).json()
    assert {name: overview[name] for name in ("batch_id", "total", "losses")} == {
        name: evaluation[name] for name in ("batch_id", "total", "losses")
    }
    assert overview["losses"]["dqn"]["gradient_norm"] > 0


def test_an_overview_of_nothing_and_of_no_batch_is_refused(client: TestClient) -> None:
    batch_id = send(client, saved_batch()).json()["id"]
    refused = client.post(f"/api/batches/{batch_id}/overview", json={"configs": {}})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_loss")
    unknown = client.post(f"/api/batches/{'0' * 64}/overview", json={"configs": {"sv": {}}})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_batch")
    assert client.get(f"/api/batches/{'0' * 64}/facts").status_code == 404
