"""The script of a screen, run as its reader would run it, prints what the screen shows, to the last bit."""

import ast
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse_dashboard.exports.load_snippet import batch_snippet
from mouse_dashboard.exports.script import write_script
from tests.mouse.configs import CONFIGS
from tests.server.files import saved_batch, send

DEFAULTS: dict[str, Any] = {name: {} for name in LOSSES}
CHANGED: dict[str, Any] = {
    "dqn": {"weight": 0.3, "gamma": 0.9371, "cql_weight": 0.5, "normalize_reward_mean": True, "reward_shift": -1e-7},
    "vec_dqn": {"weight": 2, "reward_scale": 0.125, "normalize_reward_std": True},
    "sp": {"weight": 0.7, "loss_type": "js", "temperature": 0.31, "label_smoothing": 0.1},
    "sv": {"weight": 0, "loss_type": "mae"},
}
ALONE: dict[str, Any] = {"sp": {"loss_type": "kl-bwd"}}


@pytest.fixture(scope="module")
def batch_id(dashboard: TestClient) -> str:
    return send(dashboard, saved_batch(rows=5, steps=11), 'it\'s "mine" µ.npz.safetensors').json()["id"]


SCREENS = [(DEFAULTS, "dqn"), (CHANGED, "vec_dqn"), (ALONE, "sp")]
ONE_AFTER_ANOTHER = """
import json, sys
for code in json.load(sys.stdin):
    exec(code, {"__name__": "__main__"})
    print("---")
"""
"""Each in names of its own, so that one has to import what it needs; starting a Python for each takes seconds."""


@pytest.fixture(scope="module")
def printed(dashboard: TestClient, batch_id: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a fresh Python prints, in a folder with nothing but the batch, for the script of each screen."""
    folder = tmp_path_factory.mktemp("reader")
    content = dashboard.get(f"/api/batches/{batch_id}/file").content
    (folder / 'it\'s "mine" µ.npz.safetensors').write_bytes(content)
    scripts: list[str] = []
    for configs, loss in SCREENS:
        answer = dashboard.post(f"/api/batches/{batch_id}/script", json={"configs": configs, "loss": loss})
        assert answer.status_code == 200
        scripts.append(answer.json()["text"])
    return python(ONE_AFTER_ANOTHER, folder, json.dumps(scripts)).split("---\n")


def python(code: str, folder: Path, given: str = "") -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", code]
    told = subprocess.run(
        command, input=given, cwd=folder, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return told.stdout


def run(code: str, folder: Path) -> dict[str, Any]:
    """What a script prints in a fresh Python, as names and numbers."""
    return told_by(python(code, folder))


def told_by(text: str) -> dict[str, Any]:
    """The losses that a script printed, and the metrics of one."""
    lines = text.splitlines()
    numbers = {name: float(value) for name, value in (line.split(" = ") for line in lines if " = " in line)}
    return numbers | {"metrics": next(ast.literal_eval(line) for line in lines if line.startswith("{"))}


@pytest.mark.process
@pytest.mark.parametrize("screen", range(len(SCREENS)))
def test_the_script_prints_what_the_screen_shows(
    dashboard: TestClient, batch_id: str, printed: list[str], screen: int
) -> None:
    configs, loss = SCREENS[screen]
    shown = dashboard.post(f"/api/batches/{batch_id}/evaluate", json={"configs": configs}).json()
    told = told_by(printed[screen])
    assert told.pop("metrics") == shown["losses"][loss]["metrics"]
    total = {"total": shown["total"]} if len(configs) > 1 else {}
    assert told == {name: result["loss"] for name, result in shown["losses"].items()} | total


def test_fields_at_their_default_are_left_out(dashboard: TestClient, batch_id: str) -> None:
    body = {"configs": {"dqn": {"gamma": 0.99, "tau": 0.25}}, "loss": "dqn"}
    text = dashboard.post(f"/api/batches/{batch_id}/script", json=body).json()["text"]
    assert '"dqn": DqnLossConfig(tau=0.25),\n' in text.replace("'", '"')
    assert "combined_loss" not in text


@given(st.sampled_from(sorted(CONFIGS)).flatmap(lambda name: st.tuples(st.just(name), CONFIGS[name])))
@settings(max_examples=60, deadline=None)
def test_every_config_is_rebuilt_exactly(chosen: tuple[str, Any]) -> None:
    name, cfg = chosen
    code = write_script(batch_snippet("b.safetensors"), {name: cfg}, name, LOSSES)
    tree = ast.parse(code)
    made = next(node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict))
    names = {cls.__name__: cls for cls in (loss.config for loss in LOSSES.values())}
    rebuilt = eval(compile(ast.Expression(made), "script", "eval"), names)  # noqa: S307  the code under test
    assert dataclasses.asdict(rebuilt[name]) == dataclasses.asdict(cfg)


def test_nothing_to_add_up_leaves_out_the_total(dashboard: TestClient, batch_id: str) -> None:
    configs = {"dqn": {"weight": 0}, "sv": {"weight": 0}}
    text = dashboard.post(f"/api/batches/{batch_id}/script", json={"configs": configs, "loss": "sv"}).json()["text"]
    assert "combined_loss" not in text


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"configs": {}, "loss": "dqn"}, "no_loss", "configs"),
        ({"configs": {"sv": {}}, "loss": "dqn"}, "unknown_loss", "loss"),
        ({"configs": {"dqn": {"gamma": 2}}, "loss": "dqn"}, "invalid_value", "configs.dqn.gamma"),
    ],
)
def test_a_wrong_request_is_told(dashboard: TestClient, batch_id: str, body: Any, code: str, field: str) -> None:
    answer = dashboard.post(
        f"/api/batches/{batch_id}/script", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
