"""What rules find in a file before it is cut into windows: on the command line, and in a batch that is made of it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from tests.recordings import files, layouts
from tests.recordings.worlds import play
from tests.server.files import send
from tests.server.imports.rollouts import mapped, numpy_file

pytestmark = pytest.mark.process  # readers of files work in a process of their own

SHORT = ("--alignment", "state", "--windows", "within", "--length", "8")
NAMES = {"action": "actions", "reward": "rewards", "terminated": "terminated", "truncated": "truncated"}
IN_FILE = "In the file, before windows are cut: "


def merged_limits(seed: int) -> layouts.Fields:
    """Steps of a world whose time limits are stored as deaths."""
    steps = play("CliffWalking-v1", 600, seed=seed)
    return layouts.loop(dataclasses.replace(steps, terminated=steps.ended, truncated=np.zeros_like(steps.truncated)))


def told(*arguments: str | Path) -> dict[str, Any]:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code in (0, 1), result.stderr
    return json.loads(result.stdout)


def message_of(report: dict[str, Any]) -> str:
    (message,) = (each["message"] for each in report["findings"] if each["rule"] == "done-merged")
    return message


def test_the_command_says_it_of_a_file_and_of_the_batch_that_was_made_of_it(tmp_path: Path) -> None:
    file, out = files.npz(tmp_path / "loop.npz", merged_limits(0)), tmp_path / "batch.safetensors"
    assert message_of(told("doctor", file, *SHORT, "--format", "json")).startswith(IN_FILE)
    assert CliRunner().invoke(cli, ["convert", str(file), str(out), *SHORT]).exit_code == 0
    assert message_of(told("doctor", out, "--format", "json")).startswith(IN_FILE)


def test_a_batch_that_was_made_of_an_upload_says_it(client: TestClient) -> None:
    fields = {name: torch.from_numpy(value) for name, value in merged_limits(0).items()}
    waiting = send(client, numpy_file(fields)).json()
    mapping = {"fields": NAMES, "layout": "flat", "alignment": "state", "length": 8, "windows": "across"}
    batch = mapped(client, waiting, mapping)
    report = client.post(f"/api/batches/{batch['id']}/doctor", json={"configs": {"dqn": {}}}).json()
    assert message_of(report).startswith(IN_FILE)
    assert "done-merged" in report["checked"]
