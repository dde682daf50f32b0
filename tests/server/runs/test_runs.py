"""Runs over HTTP: pushed, listed, shown, pinned, deleted."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse_dashboard.settings import Settings
from tests.server.files import OCTETS, saved_batch, send
from tests.server.runs.pushed import push, send_unlisted


def shown(client: TestClient) -> dict[str, Any]:
    """The only run there is."""
    (run,) = client.get("/api/runs").json()["runs"]
    return client.get(f"/api/runs/{run['id']}").json()


def files(settings: Settings) -> list[str]:
    return sorted(path.stem for path in (settings.data_dir / "batches").iterdir())


def test_a_pushed_snapshot_is_listed_and_shown_with_all_that_was_said_of_it(client: TestClient) -> None:
    answer = push(client, 7, metrics={"loss": 0.25, "return": -1}, sequences={"kept": 4, "of": 512})
    assert answer.status_code == 201
    run = shown(client)
    (snapshot,) = run["timeline"]
    size = len(saved_batch(seed=7))
    assert (run["name"], run["snapshots"], run["last_step"], run["bytes"], run["pinned"], run["dropped"]) == (
        "cartpole", 1, 7, size, 0, 0,
    )  # fmt: skip
    assert run["metric_names"] == ["loss", "return"]
    assert (snapshot["step"], snapshot["bytes"], snapshot["pinned"]) == (7, size, False)
    assert snapshot["metrics"] == {"loss": 0.25, "return": -1.0}
    assert snapshot["sequences"] == {"kept": 4, "of": 512}
    assert answer.json()["snapshot"]["batch_id"] == snapshot["batch_id"]
    assert answer.json()["run"]["id"] == run["id"]


def test_the_batch_of_a_snapshot_tells_its_run_and_stays_out_of_the_list(client: TestClient) -> None:
    batch_id = push(client, 3, sequences={"kept": 4, "of": 9}).json()["snapshot"]["batch_id"]
    assert client.get("/api/batches").json() == {"batches": []}
    origin = client.get(f"/api/batches/{batch_id}").json()["snapshot"]
    assert origin["configs"]["dqn"]["gamma"] == 0.5
    assert origin["configs"]["dqn"]["gamma_terminal"] == 0.0, "defaults are filled in"
    del origin["configs"]
    assert origin == {
        "run_id": shown(client)["id"], "run": "cartpole", "step": 3, "sequences": {"kept": 4, "of": 9},
    }  # fmt: skip


def test_snapshots_of_the_same_bytes_keep_each_its_own_configs(client: TestClient) -> None:
    batch_id = send_unlisted(client)
    ids = {
        name: push(client, 1, run=name, batch_id=batch_id, configs={"dqn": {"gamma": gamma}}).json()["run"]["id"]
        for name, gamma in {"low": 0.1, "high": 0.9}.items()
    }
    for name, gamma in {"low": 0.1, "high": 0.9}.items():
        told = client.get(f"/api/runs/{ids[name]}/snapshots/1").json()
        assert (told["run"], told["step"], told["configs"]["dqn"]["gamma"]) == (name, 1, gamma)
    missing = client.get(f"/api/runs/{ids['low']}/snapshots/2")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_snapshot")


def test_a_batch_of_its_own_has_no_run(client: TestClient) -> None:
    assert send(client, saved_batch()).json()["snapshot"] is None


def test_a_batch_that_somebody_also_sends_as_a_file_is_listed_from_then_on(client: TestClient) -> None:
    batch_id = send_unlisted(client)
    assert client.get("/api/batches").json() == {"batches": []}
    assert send(client, saved_batch(), "mine").status_code == 200
    assert [batch["id"] for batch in client.get("/api/batches").json()["batches"]] == [batch_id]
    send_unlisted(client)
    assert [batch["id"] for batch in client.get("/api/batches").json()["batches"]] == [batch_id]


def test_the_same_snapshot_again_is_200_and_kept_once(client: TestClient) -> None:
    first, again = (push(client, 3, metrics={"loss": "NaN"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["snapshot"]["created"] == first.json()["snapshot"]["created"]
    assert shown(client)["snapshots"] == 1


@pytest.mark.parametrize(
    "change",
    [{"metrics": {"loss": 1.0}}, {"configs": {"dqn": {"gamma": 0.75}}}, {"sequences": {"kept": 4, "of": 8}},
     {"rows": 3}],
)  # fmt: skip
def test_another_snapshot_of_a_step_is_refused_and_the_first_stays(change: dict[str, Any], client: TestClient) -> None:
    kept = push(client, 3).json()["snapshot"]["batch_id"]
    if "rows" in change:
        change = {"batch_id": send_unlisted(client, rows=3)}
    answer = push(client, 3, **change)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "step_exists", "step")
    (snapshot,) = shown(client)["timeline"]
    assert (snapshot["batch_id"], snapshot["metrics"]) == (kept, {})


def test_numbers_that_are_not_finite_come_back_as_they_were(client: TestClient) -> None:
    metrics = {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": -0.0}
    push(client, 1, metrics=metrics)
    assert shown(client)["timeline"][0]["metrics"] == metrics


def test_steps_are_told_in_order_and_the_largest_is_the_last(client: TestClient) -> None:
    for step in (5, 1, 3):
        push(client, step)
    run = shown(client)
    assert [snapshot["step"] for snapshot in run["timeline"]] == [1, 3, 5]
    assert run["last_step"] == 5


def test_pages_together_are_the_whole_run(client: TestClient) -> None:
    for step in (5, 1, 3, 8, 2):
        push(client, step, metrics={f"m{step}": step})
    whole = shown(client)
    assert whole["next_after"] is None, "without a limit everything comes at once"
    steps: list[int] = []
    after: int | None = 0
    while after is not None:
        page = client.get(f"/api/runs/{whole['id']}", params={"limit": 2, "after": after}).json()
        assert (page["snapshots"], page["metric_names"]) == (5, ["m1", "m2", "m3", "m5", "m8"]), "of the whole run"
        steps += [snapshot["step"] for snapshot in page["timeline"]]
        after = page["next_after"]
    assert steps == [1, 2, 3, 5, 8]


@pytest.mark.parametrize(("field", "value"), [("limit", 0), ("limit", 1001), ("limit", "x"), ("after", -1)])
def test_a_page_that_cannot_be_is_refused(field: str, value: int | str, client: TestClient) -> None:
    answer = client.get(f"/api/runs/{'0' * 32}", params={field: value})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_others_write_while_a_large_run_is_deleted(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mouse_dashboard.runs.store.DELETED_AT_ONCE", 2)
    for step in range(5):
        push(client, step)
    run = shown(client)["id"]
    left: list[int] = []

    def write(_seconds: float) -> None:
        left.append(client.get(f"/api/runs/{run}").json()["snapshots"])
        assert push(client, 10 + len(left), run="other").status_code == 201

    monkeypatch.setattr("mouse_dashboard.runs.store.time.sleep", write)
    assert client.delete(f"/api/runs/{run}").status_code == 204
    assert left == [3, 1]
    assert [each["name"] for each in client.get("/api/runs").json()["runs"]] == ["other"]


def test_a_name_that_another_process_pushes_to_is_another_run(client: TestClient) -> None:
    ids = [push(client, 3, session=session).json()["run"]["id"] for session in ("a" * 32, "b" * 32, "a" * 32)]
    assert ids[0] == ids[2] != ids[1]
    resumed = push(client, 4).json()["run"]
    assert (resumed["id"], resumed["snapshots"]) == (ids[1], 2), "without a session the newest run goes on"


def test_runs_are_found_by_a_part_of_their_name_the_latest_first(client: TestClient) -> None:
    for step, name in enumerate(["CartPole", "lake", "cart ünd 100%", "CartPole"]):
        push(client, step, run=name)
    for search, found in {
        "": ["CartPole", "cart ünd 100%", "lake"], "CART": ["CartPole", "cart ünd 100%"], "Ü": ["cart ünd 100%"],
        "%": ["cart ünd 100%"], "nothing": [],
    }.items():  # fmt: skip
        assert [run["name"] for run in client.get("/api/runs", params={"search": search}).json()["runs"]] == found


def test_a_deleted_snapshot_takes_its_batch_along(client: TestClient, settings: Settings) -> None:
    batch_id = push(client, 1).json()["snapshot"]["batch_id"]
    push(client, 2)
    address = f"/api/runs/{shown(client)['id']}/snapshots/1"
    assert client.delete(address).status_code == 204
    assert [snapshot["step"] for snapshot in shown(client)["timeline"]] == [2]
    assert batch_id not in files(settings)
    answer = client.delete(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_snapshot")


def test_a_batch_that_is_listed_or_of_another_snapshot_stays(client: TestClient, settings: Settings) -> None:
    listed, shared = send(client, saved_batch(seed=8)).json()["id"], send_unlisted(client, seed=9)
    push(client, 1, batch_id=listed)
    push(client, 2, batch_id=shared)
    push(client, 3, batch_id=shared)
    run = shown(client)
    assert run["bytes"] == len(saved_batch(seed=8)) + len(saved_batch(seed=9)), "a shared batch counts once"
    for step in (1, 2):
        client.delete(f"/api/runs/{run['id']}/snapshots/{step}")
    assert files(settings) == sorted([listed, shared])
    client.delete(f"/api/runs/{run['id']}")
    assert files(settings) == [listed]
    assert client.get("/api/runs").json() == {"runs": []}


def test_a_batch_of_a_run_is_deleted_through_its_snapshot_only(client: TestClient) -> None:
    batch_id = push(client, 3).json()["snapshot"]["batch_id"]
    answer = client.delete(f"/api/batches/{batch_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_of_a_run")
    assert "step 3 of run 'cartpole'" in answer.json()["message"]
    assert client.get(f"/api/batches/{batch_id}").status_code == 200


def test_what_is_not_there_is_404(client: TestClient) -> None:
    nowhere = f"/api/runs/{'0' * 32}"
    pin = {"pinned": True}
    answers = [
        client.get(nowhere), client.delete(nowhere), client.delete(f"{nowhere}/snapshots/1"),
        client.put(f"{nowhere}/snapshots/1/pin", json=pin),
    ]  # fmt: skip
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "unknown_run")}
    run = push(client, 1).json()["run"]
    answer = client.put(f"/api/runs/{run['id']}/snapshots/2/pin", json=pin)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_snapshot")
    answer = push(client, 2, batch_id="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_batch")


def test_what_a_snapshot_cannot_be_is_told(client: TestClient) -> None:
    broken: list[tuple[dict[str, Any], str]] = [
        ({"step": -1}, "step"), ({"step": True}, "step"), ({"step": 1.5}, "step"), ({"step": 1 << 53}, "step"),
        ({"run": ""}, "run"), ({"run": "x" * 201}, "run"), ({"run": "a\nb"}, "run"), ({"run": "\ud800"}, "run"),
        ({"metrics": {"loss": True}}, "metrics.loss"), ({"metrics": {"loss": "0.9"}}, "metrics.loss"),
        ({"metrics": {"loss": None}}, "metrics.loss"), ({"configs": {"dqn": {"gamma": 2}}}, "configs.dqn.gamma"),
        ({"sequences": {"kept": 5, "of": 4}}, "sequences"), ({"sequences": {"kept": 3, "of": 4}}, "sequences.kept"),
        ({"session": "../.."}, "session"), ({"batch_id": "../../etc/passwd"}, "batch_id"), ({"color": 1}, "color"),
    ]  # fmt: skip
    batch_id = send_unlisted(client)
    for change, field in broken:
        answer = push(client, 3, **{"batch_id": batch_id} | change)
        assert (answer.status_code, answer.json()["field"]) == (422, field), change
    assert client.get("/api/runs").json() == {"runs": []}


@pytest.mark.parametrize("name", ["../../etc/passwd", "<img src=x onerror=alert(1)>", "=1+1", "\u202egpj", "a/b\\c"])
def test_names_are_data(name: str, client: TestClient, settings: Settings, tmp_path: Path) -> None:
    push(client, 1, run=name)
    assert [run["name"] for run in client.get("/api/runs").json()["runs"]] == [name]
    outside = [path for path in tmp_path.rglob("*") if settings.data_dir not in path.parents]
    assert outside == [settings.data_dir]


def test_an_unlisted_upload_needs_a_boolean(client: TestClient) -> None:
    answer = client.post("/api/batches?listed=perhaps", content=saved_batch(), headers=OCTETS)
    assert (answer.status_code, answer.json()["field"]) == (422, "listed")
