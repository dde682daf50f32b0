"""Saving a function's file loads it anew; what was computed with the earlier one is not shown any more."""

import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.functions.own import PPO, dashboard_with, described, evaluated, send_batch

pytestmark = pytest.mark.process

PATIENCE = 30


def names_once(client: TestClient, batch_id: str, wanted: str) -> list[str]:
    """Names of the terms, as soon as one of them is there."""
    end, names = time.monotonic() + PATIENCE, list[str]()
    while time.monotonic() < end:
        names = [term["name"] for term in described(client, batch_id, "ppo_loss")["terms"]]
        if wanted in names:
            return names
    raise AssertionError(f"no {wanted} in {names}")


def error_once(client: TestClient, batch_id: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        error = evaluated(client, batch_id, "ppo_loss")["losses"]["ppo_loss"]["error"]
        if error:
            return error
    raise AssertionError("no error")


def test_saving_the_file_changes_terms_parameters_and_numbers(tmp_path: Path) -> None:
    file = tmp_path / "my_losses.py"
    file.write_text(PPO)
    with dashboard_with(tmp_path, "my_losses.py:ppo_loss") as client:
        batch_id = send_batch(client)
        before = evaluated(client, batch_id, "ppo_loss")["losses"]["ppo_loss"]["loss"]

        changed = PPO.replace("value_coef: float = 0.5", "value_coef: float = 0.5, scale: float = 3.0")
        file.write_text(
            changed.replace("(value - returns) ** 2", "scale * (value - returns) ** 2\n    gap = value - returns")
        )
        assert "gap" in names_once(client, batch_id, "gap")
        assert "scale" in described(client, batch_id, "ppo_loss")["config_schema"]["properties"]
        assert evaluated(client, batch_id, "ppo_loss")["losses"]["ppo_loss"]["loss"] != before

        file.write_text(PPO.replace("v_loss =", "v_loss = ="))
        error = error_once(client, batch_id)
        assert error["message"].startswith("my_losses.py: raised SyntaxError")
        assert "v_loss = =" in error["traceback"]

        file.write_text(PPO)
        assert "gap" not in names_once(client, batch_id, "ratio")
        assert evaluated(client, batch_id, "ppo_loss")["losses"]["ppo_loss"]["loss"] == before


HELPED = """
from parts.scaling import scaled
def helped_loss(value, returns):
    return scaled(value - returns).mean()
"""


def loss_once(client: TestClient, batch_id: str, wanted: float) -> None:
    end, found = time.monotonic() + PATIENCE, None
    while time.monotonic() < end:
        found = evaluated(client, batch_id, "helped_loss")["losses"]["helped_loss"]["loss"]
        if found == wanted:
            return
    raise AssertionError(f"found {found}, expected {wanted}")


def test_saving_a_module_that_the_file_imports_from_another_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "my_losses.py").write_text(HELPED)
    helper = tmp_path / "parts" / "scaling.py"
    helper.parent.mkdir()
    helper.write_text("def scaled(x): return x * 0 +\n")
    with dashboard_with(tmp_path, "my_losses.py:helped_loss") as client:
        batch_id = send_batch(client)
        assert "SyntaxError" in evaluated(client, batch_id, "helped_loss")["losses"]["helped_loss"]["error"]["message"]
        for factor in (2, 3):
            helper.write_text(f"def scaled(x): return x * 0 + {factor}\n")
            loss_once(client, batch_id, factor)
    assert not list(tmp_path.rglob("__pycache__"))
