"""A function that raises, hangs, crashes or takes all memory harms nothing else, and saving its file repairs it."""

import multiprocessing
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient
from tensordict import TensorDict

from tests.server.batches import random_batch
from tests.server.functions.own import dashboard_with, described, evaluated, send_batch

pytestmark = pytest.mark.process

BODY = {
    "raises": "raise KeyError('no such thing')",
    "hangs": "while True: pass",
    "crashes": "import os; os._exit(7)",
    "exits": "raise SystemExit(3)",
    "interrupts": "raise KeyboardInterrupt",
    "prints": "print('a secret'); return q.square().sum(-1).mean()",
    "hoards": "hoard = torch.ones(1 << 34)",
    "returns_text": "return 'a loss'",
    "returns_another_shape": "return q[:, :2]",
    "is_not_finite": "return (q * float('nan')).mean()",
    "has_odd_names": "values = q.sum(-1); keys = values * 2; result = keys + 1; get = result * 2; return get.mean()",
    "draws": "noise = torch.rand(q.shape[:2]); return (q.sum(-1) * noise).mean()",
    "multiplies_means": "left = q.sum(-1); right = q.amax(-1); return left.mean() * right.mean()",
    "adds_a_constant": "left = q.sum(-1); return left.mean() + 3",
    "is_per_place": "return q.square().sum(-1)",
    "works": "return q.square().sum(-1).mean()",
}
SOURCE = "import torch\n" + "".join(f"\n\ndef {name}(q):\n    {body}\n" for name, body in BODY.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("failing")
    (folder / "losses.py").write_text(SOURCE)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Generator[TestClient]:
    functions = [f"losses.py:{name}" for name in BODY]
    with dashboard_with(folder, *functions, function_seconds=1.5, function_bytes=1 << 31) as client:
        yield client


@pytest.fixture(scope="module")
def batch_id(client: TestClient) -> str:
    batch: Any = random_batch(rows=4, steps=6)
    q = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(1))
    return send_batch(client, (batch.step_stream, TensorDict({**dict(batch.out.items()), "q": q}, batch_size=(4, 6))))


def error_of(client: TestClient, batch_id: str, name: str) -> dict[str, Any]:
    """Why a function has no value, beside losses that have theirs."""
    body: dict[str, Any] = {
        "configs": {name: {}, "works": {}, "dqn": {}},
        "figures": [{"kind": "map", "loss": name, "term": "q"}],
    }
    answer = client.post(f"/api/batches/{batch_id}/evaluate", json=body)
    assert answer.status_code == 200, answer.text
    losses = answer.json()["losses"]
    assert losses["works"]["loss"] is not None
    assert losses["dqn"]["loss"] is not None
    assert answer.json()["figures"][0]["note"] == "The loss has no value on this batch."
    assert losses[name]["loss"] is None
    return losses[name]["error"]


def test_check_45_an_exception_is_told_with_its_line_and_the_users_frames(client: TestClient, batch_id: str) -> None:
    error = error_of(client, batch_id, "raises")
    line = SOURCE.splitlines().index("    raise KeyError('no such thing')") + 1
    assert f"raised KeyError: 'no such thing' at line {line} of losses.py" in error["message"]
    assert f'losses.py", line {line}, in raises' in error["traceback"]
    assert "mouse" not in error["traceback"]


def test_check_45_an_endless_call_is_ended_while_the_dashboard_answers(client: TestClient, batch_id: str) -> None:
    start = time.monotonic()
    error = error_of(client, batch_id, "hangs")
    assert "found more than 1.5 s of work" in error["message"]
    assert time.monotonic() - start < 30
    assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize("name", ["crashes", "hoards"])
def test_check_45_a_crash_and_a_full_memory_are_told(client: TestClient, batch_id: str, name: str) -> None:
    message = error_of(client, batch_id, name)["message"]
    assert message.startswith(f"{name}: ")
    assert {"crashes": "exit code 7", "hoards": "memory"}[name] in message


def test_check_45_a_process_killed_between_two_calls_is_started_again(client: TestClient, batch_id: str) -> None:
    before = evaluated(client, batch_id, "works", weight=1)["losses"]["works"]["loss"]
    for process in multiprocessing.active_children():
        process.kill()
        process.join(60)
    assert evaluated(client, batch_id, "works", weight=2)["losses"]["works"]["loss"] == before


@pytest.mark.parametrize(("name", "said"), [("exits", "SystemExit: 3"), ("interrupts", "KeyboardInterrupt")])
def test_check_45_a_call_that_exits_is_told(client: TestClient, batch_id: str, name: str, said: str) -> None:
    line = SOURCE.splitlines().index(f"    {BODY[name]}") + 1
    assert f"losses.py: raised {said} at line {line}; " in error_of(client, batch_id, name)["message"]


def test_check_45_what_a_call_prints_is_in_no_answer(client: TestClient, batch_id: str) -> None:
    answer = client.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {"prints": {}}})
    assert answer.json()["losses"]["prints"]["loss"] is not None
    assert "a secret" not in answer.text


@pytest.mark.parametrize("name", ["returns_text", "returns_another_shape"])
def test_what_is_no_loss_is_refused(client: TestClient, batch_id: str, name: str) -> None:
    error = error_of(client, batch_id, name)
    assert error["code"] == "unusable_batch"
    assert "expected a floating-point scalar" in error["message"]


def test_a_description_of_a_failed_function_says_why(client: TestClient, batch_id: str) -> None:
    loss = described(client, batch_id, "raises")
    assert [term["name"] for term in loss["terms"]] == ["loss"]
    assert loss["error"]["code"] == "loss_function"
    assert loss["file"] == "losses.py"


def test_a_loss_that_is_not_finite_is_shown(client: TestClient, batch_id: str) -> None:
    found = evaluated(client, batch_id, "is_not_finite")["losses"]["is_not_finite"]
    assert found["loss"] == "NaN"
    assert found["error"] is None


def test_names_of_the_users_are_never_taken_for_others(client: TestClient, batch_id: str) -> None:
    names = [term["name"] for term in described(client, batch_id, "has_odd_names")["terms"] if term["kind"] == "term"]
    assert names == ["values", "keys", "result", "get", "loss"]
    figures = [{"kind": "map", "term": name} for name in names]
    drawn = evaluated(client, batch_id, "has_odd_names", *figures)["figures"]
    assert all(figure["figure"] for figure in drawn)


def test_random_numbers_are_the_same_each_time_and_said(client: TestClient, batch_id: str) -> None:
    first = evaluated(client, batch_id, "draws", weight=1)["losses"]["draws"]
    again = evaluated(client, batch_id, "draws", weight=2)["losses"]["draws"]
    assert first["loss"] == again["loss"]
    assert "draws random numbers" in first["note"]


def test_a_loss_that_is_no_sum_over_places_says_so_and_shows_its_terms(client: TestClient, batch_id: str) -> None:
    asked = [{"kind": kind, "term": "loss"} for kind in ("map", "worst", "share_curve")]
    answer = evaluated(client, batch_id, "multiplies_means", *asked, {"kind": "map", "term": "left"})
    assert "No place has a part of its own" in answer["losses"]["multiplies_means"]["note"]
    *of_loss, of_term = answer["figures"]
    assert [bool(each["figure"] or each["table"]) for each in of_loss] == [False] * 3
    assert all("No place" in each["note"] or "off" in each["note"] for each in of_loss)
    assert of_term["figure"]
    overview = client.post(f"/api/batches/{batch_id}/overview", json={"configs": {"multiplies_means": {}}})
    assert overview.status_code == 200


def test_one_value_per_place_is_averaged(client: TestClient, batch_id: str) -> None:
    per_place = evaluated(client, batch_id, "is_per_place")["losses"]["is_per_place"]["loss"]
    assert per_place == evaluated(client, batch_id, "works")["losses"]["works"]["loss"]


def test_the_doctor_and_the_overview_go_on(client: TestClient, batch_id: str) -> None:
    for route in ("doctor", "overview"):
        answer = client.post(f"/api/batches/{batch_id}/{route}", json={"configs": {"raises": {}, "dqn": {}}})
        assert answer.status_code == 200, answer.text


def test_a_transition_of_a_failed_function_is_refused_with_its_reason(client: TestClient, batch_id: str) -> None:
    body: dict[str, Any] = {"configs": {"raises": {}}, "loss": "raises", "term": "loss"}
    answer = client.post(f"/api/batches/{batch_id}/transition", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "loss_function"
    assert "raises" in answer.json()["traceback"]


BROADCAST = '''
def critic_loss(q, target):
    """The classic: [N, 1] minus [N] is [N, N]."""
    td_error = q - target
    return (td_error**2).mean()
'''


def test_a_silent_broadcast_is_the_first_thing_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "critic.py").write_text(BROADCAST)
    make = torch.Generator().manual_seed(0)
    fields = {"q": torch.randn(64, 1, 1, generator=make), "target": torch.randn(64, 1, generator=make)}
    with dashboard_with(tmp_path, "critic.py:critic_loss") as client:
        out = TensorDict({"q": fields["q"]}, batch_size=(64, 1))
        batch_id = send_batch(client, (TensorDict({"target": fields["target"]}, batch_size=(64, 1)), out))
        report = client.post(f"/api/batches/{batch_id}/doctor", json={"configs": {"critic_loss": {}}}).json()
        first = report["findings"][0]
        assert first["rule"] == "silent-broadcast"
        assert "[64, 64]" in first["message"]
        others = {each["name"]: each for each in described(client, batch_id, "critic_loss")["others"]}
        assert others["td_error"]["shape"] == [64, 64]


BOUND_ANEW = """
def sliced_loss(x, y):
    x, y = x[:, 1:], y[:, :-1]
    gap = x - y
    return (gap**2).mean()
"""


def test_a_formula_has_the_number_of_the_variable_and_not_of_the_field_it_was_before(tmp_path: Path) -> None:
    (tmp_path / "sliced.py").write_text(BOUND_ANEW)
    x = torch.arange(12.0).view(2, 6)
    with dashboard_with(tmp_path, "sliced.py:sliced_loss") as client:
        batch_id = send_batch(
            client, (TensorDict({"y": x * 10}, batch_size=(2, 6)), TensorDict({"x": x}, batch_size=(2, 6)))
        )
        body: dict[str, Any] = {"configs": {"sliced_loss": {}}, "loss": "sliced_loss", "term": "gap"}
        answer = client.post(
            f"/api/batches/{batch_id}/transition", json=body | {"rows": [1, 2], "steps": [2, 3]}
        ).json()
        gap = next(term for term in answer["terms"] if term["name"] == "gap")
        assert gap["value"] == 9.0 - 80.0
        assert gap["latex_values"] == "9 - 80"


BOUND_TWICE = BOUND_ANEW.replace("    return", "    x = x * 2\n    gap = gap + x\n    return")


def test_a_variable_bound_twice_has_the_number_of_each_value_in_its_turn(tmp_path: Path) -> None:
    (tmp_path / "sliced.py").write_text(BOUND_TWICE)
    x = torch.arange(12.0).view(2, 6)
    with dashboard_with(tmp_path, "sliced.py:sliced_loss") as client:
        batch_id = send_batch(
            client, (TensorDict({"y": x * 10}, batch_size=(2, 6)), TensorDict({"x": x}, batch_size=(2, 6)))
        )
        body: dict[str, Any] = {"configs": {"sliced_loss": {}}, "loss": "sliced_loss", "term": "gap"}
        answer = client.post(
            f"/api/batches/{batch_id}/transition", json=body | {"rows": [1, 2], "steps": [2, 3]}
        ).json()
        formulas = [term["latex_values"] for term in answer["terms"] if term["name"].startswith("gap")]
        assert formulas[:2] == ["9 - 80", "-71 + 18"]


@pytest.mark.parametrize("route", ["doctor", "facts", "evaluate"])
def test_a_batch_whose_file_goes_before_its_row_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """Deleting removes the file inside the transaction, so another request can see the row without the file."""
    (tmp_path / "losses.py").write_text("def total(q):\n    return q.sum(-1).mean()\n")
    batch: Any = random_batch(rows=4, steps=6)
    with dashboard_with(tmp_path, "losses.py:total") as client:
        app: Any = client.app
        found = send_batch(client, (batch.step_stream, TensorDict({"q": torch.ones(4, 6, 3)}, batch_size=(4, 6))))
        processes = multiprocessing.active_children()
        open_batch = app.state.store.batch

        def open_and_remove(batch_id: str) -> Any:
            batch = open_batch(batch_id)
            batch.path.unlink()
            return batch

        monkeypatch.setattr(app.state.store, "batch", open_and_remove)
        address = f"/api/batches/{found}/{route}"
        answer = client.get(address) if route == "facts" else client.post(address, json={"configs": {"total": {}}})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_batch")
        assert multiprocessing.active_children() == processes


def test_rows_that_a_function_pairs_as_it_likes_are_no_warning(tmp_path: Path) -> None:
    """Action and reward stand with the state that they leave, as in the rollout of a policy."""
    (tmp_path / "losses.py").write_text("def total(q, mask):\n    return (q.sum(-1) * mask).mean()\n")
    position = torch.randint(2, (16, 32), generator=torch.Generator().manual_seed(0)).cumsum(dim=1)
    action = torch.cat([position.diff(dim=1), torch.zeros(16, 1, dtype=torch.int64)], dim=1)
    mask = torch.arange(32) < torch.randint(8, 28, (16, 1), generator=torch.Generator().manual_seed(0))
    fields = {"obs": position % 4, "action": action, "done": torch.zeros_like(action), "mask": mask}
    with dashboard_with(tmp_path, "losses.py:total") as client:
        out = TensorDict({"q": torch.ones(16, 32, 2)}, batch_size=(16, 32))
        batch_id = send_batch(client, (TensorDict(fields, batch_size=(16, 32)), out))
        answer = client.post(f"/api/batches/{batch_id}/doctor", json={"configs": {"total": {}}})
    found = {each["rule"]: each["severity"] for each in answer.json()["findings"]}
    assert (found["alignment-off-by-one"], "padding" in found) == ("info", False)
