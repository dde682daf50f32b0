"""The evaluate and transition routes: strict JSON whatever the batch holds, one message for a wrong request."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse.batch import save_batch
from mouse.errors import BatchError
from mouse.losses import HEADS, LOSSES
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.batches import random_batch
from tests.server.conftest import LOCAL
from tests.server.files import send

DQN: dict[str, Any] = {"configs": {"dqn": {}}}
EVERYTHING: dict[str, Any] = {"configs": {name: {} for name in LOSSES}}
ODD_NUMBERS = (math.nan, math.inf, -math.inf, -0.0, 1e-42, 3e38)
FIELDS = ("reward", "q_star", *HEADS)


def strict(text: str) -> Any:
    """Parse JSON that may hold no bare NaN or infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"bare {constant} in {text[:200]}")

    return json.loads(text, parse_constant=refuse)


def planted(field: str, number: float) -> bytes:
    """A file with one odd number."""
    batch: Any = random_batch()
    group = batch.step_stream if field in batch.step_stream.keys() else batch.out  # noqa: SIM118
    group[field].view(4, 7, -1)[1, 3, 0] = number
    with tempfile.TemporaryDirectory() as folder:
        save_batch(Path(folder) / "odd.safetensors", batch.step_stream, batch.out)
        return (Path(folder) / "odd.safetensors").read_bytes()


@pytest.fixture(scope="module")
def batch_id(dashboard: TestClient) -> str:
    return send(dashboard, planted("reward", 0.5)).json()["id"]


@pytest.mark.parametrize("number", ODD_NUMBERS, ids=str)
@pytest.mark.parametrize("field", FIELDS)
def test_an_odd_number_anywhere_gives_strict_json_and_is_not_hidden(
    dashboard: TestClient, field: str, number: float
) -> None:
    batch_id = send(dashboard, planted(field, number)).json()["id"]
    for name in LOSSES:
        terms = [term.name for term in LOSSES[name].term_infos[-2:]]
        views = [{"kind": kind, "loss": name, "term": term} for term in terms for kind in ("map", "histogram")]
        answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json=EVERYTHING | {"figures": views})
        assert answer.status_code == 200
        loss = strict(answer.text)["losses"][name]
        if loss["error"] is None:
            assert math.isfinite(float(loss["loss"])) or any(
                term["nan"] + term["pos_inf"] + term["neg_inf"] for term in loss["health"] if term["term"] == "loss"
            )
            view = EVERYTHING | {"loss": name, "term": "loss", "rows": [0, 4], "steps": [0, 6]}
            place = dashboard.post(f"/api/batches/{batch_id}/transition", json=view)
            assert place.status_code == 200
            assert strict(place.text)["chosen_from"] == 24


def test_nan_arrives_as_nan_and_not_as_null(dashboard: TestClient) -> None:
    batch_id = send(dashboard, planted("reward", math.nan)).json()["id"]
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {"dqn": {}, "sv": {}}})
    told = strict(answer.text)
    assert told["losses"]["dqn"]["loss"] == "NaN"
    assert told["total"] == "NaN"
    assert math.isfinite(told["losses"]["sv"]["loss"])


def test_a_loss_that_cannot_run_says_why_and_the_others_run(dashboard: TestClient) -> None:
    batch_id = send(dashboard, planted("q_star", math.nan)).json()["id"]
    told = strict(dashboard.post(f"/api/batches/{batch_id}/evaluate", json=EVERYTHING).text)
    assert told["total"] is None
    assert told["losses"]["sp"]["loss"] is None
    assert told["losses"]["sp"]["error"]["message"].startswith("step_stream.q_star[1, 3, 0]: found nan")
    assert told["losses"]["dqn"]["error"] is None


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({"configs": {}}, "configs"),
        ({"configs": {"dqn": {"gamma": 2}}}, "configs.dqn.gamma"),
        ({"configs": {"dqn": {"gamma": True}}}, "configs.dqn.gamma"),
        ({"configs": {"dqn": {"speed": 1}}}, "configs.dqn.speed"),
        ({"configs": {"ppo": {}}}, "configs.ppo"),
        ({"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "sp", "term": "loss"}]}, "figures.0.loss"),
        ({"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "x"}]}, "figures.0.term"),
        ({"configs": {"dqn": {}}, "figures": [{"kind": "pie", "loss": "dqn", "term": "loss"}]}, "figures.0.kind"),
        (
            {"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "loss", "rows": [2, 9]}]},
            "figures.0.rows",
        ),
        (
            {"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "loss", "steps": [3, 3]}]},
            "figures.0.steps",
        ),
        (
            {"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "q", "component": 3}]},
            "figures.0.component",
        ),
    ],
)
def test_a_wrong_request_names_its_field(
    dashboard: TestClient, batch_id: str, request_body: dict[str, Any], field: str
) -> None:
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json=request_body)
    assert answer.status_code == 422
    assert strict(answer.text)["field"] == field


@pytest.mark.parametrize(
    ("view", "field"),
    [
        ({"loss": "sp", "term": "loss"}, "loss"),
        ({"loss": "dqn", "term": "x"}, "term"),
        ({"loss": "dqn", "term": "loss", "steps": [5, 7]}, "steps"),
        ({"loss": "dqn", "term": "q", "component": 9}, "component"),
    ],
)
def test_a_wrong_transition_request_names_its_field(
    dashboard: TestClient, batch_id: str, view: dict[str, Any], field: str
) -> None:
    answer = dashboard.post(f"/api/batches/{batch_id}/transition", json=DQN | view)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_term_of_a_field_that_the_batch_lacks_says_so(dashboard: TestClient, batch_id: str) -> None:
    body: dict[str, Any] = {"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "gamma_n"}]}
    told = strict(dashboard.post(f"/api/batches/{batch_id}/evaluate", json=body).text)
    assert told["figures"][0]["note"] == "The batch has no gamma_n."


def test_a_term_that_is_off_has_no_figure_and_says_so(dashboard: TestClient, batch_id: str) -> None:
    body: dict[str, Any] = {"configs": {"dqn": {}}, "figures": [{"kind": "map", "loss": "dqn", "term": "cql_loss"}]}
    told = strict(dashboard.post(f"/api/batches/{batch_id}/evaluate", json=body).text)
    assert told["losses"]["dqn"]["off"] == ["gamma_n", "importance_weight", "cql_penalty", "cql_scale", "cql_loss"]
    assert told["figures"][0]["figure"] is None
    assert told["figures"][0]["note"] == "cql_loss is off under this config."


def test_a_component_of_a_wide_term_is_mapped(dashboard: TestClient, batch_id: str) -> None:
    body: dict[str, Any] = {
        "configs": {"dqn": {}},
        "figures": [{"kind": "map", "loss": "dqn", "term": "q", "component": 2}],
    }
    told = strict(dashboard.post(f"/api/batches/{batch_id}/evaluate", json=body).text)
    assert told["figures"][0]["figure"]["data"][0]["z"]["shape"] == "4, 6"


def test_check_30_work_beyond_the_time_limit_is_503_with_a_message(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, time_limit_seconds=1e-9)
    with TestClient(create_app(settings), LOCAL) as client:
        batch_id = send(client, planted("reward", 0.5)).json()["id"]
        answer = client.post(f"/api/batches/{batch_id}/evaluate", json=EVERYTHING)
    assert answer.status_code == 503
    assert answer.json()["code"] == "time_limit"


@pytest.mark.parametrize("name", LOSSES)
def test_a_validated_config_comes_back_whole(dashboard: TestClient, name: str) -> None:
    answer = dashboard.post(f"/api/losses/{name}/config", json={"weight": 0.5})
    assert answer.json() == vars(LOSSES[name].config(weight=0.5))


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_kept_of_a_batch_that_is_deleted_during_its_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    with TestClient(create_app(Settings(data_dir=tmp_path)), LOCAL) as client:
        app: Any = client.app
        batch_id = send(client, planted("reward", 0.5)).json()["id"]
        evaluate = app.state.evaluator.evaluate

        def deleting(*asked: Any) -> Any:
            app.state.store.delete(batch_id)
            evaluated = evaluate(*asked)
            if fails:
                raise BatchError("out.dqn", "nothing", "something", "try again")
            return evaluated

        monkeypatch.setattr(app.state.evaluator, "evaluate", deleting)
        assert client.post(f"/api/batches/{batch_id}/evaluate", json=DQN).status_code == 200
        assert app.state.evaluator.cache.size == 0
