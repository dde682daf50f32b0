"""Heads of the user's own model: loaded once, another checkpoint is another model, and what it raises is told."""

from pathlib import Path

import pytest
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]

from mouse.batch import load_batch
from mouse_dashboard.scan import local
from mouse_dashboard.scan.task import cached_model
from tests.recordings.files import tensors
from tests.server.scan.shards import recorded, write
from tests.server.scan.test_command import DQN, told


def test_a_model_adds_its_heads(tmp_path: Path) -> None:
    for shard in range(2):
        save_file(tensors(recorded(shard)), tmp_path / f"{shard}.safetensors")
    model = tmp_path / "model.py"
    model.write_text(
        "import torch\n"
        "def load():\n"
        "    def model(steps):\n"
        "        q = torch.zeros(*steps.batch_size, 4)\n"
        "        return {'dqn': q, 'dqn_target': q}\n"
        "    return model\n"
    )
    found = told(tmp_path, *DQN, "--model", f"{model}:load")
    assert found["losses"]["dqn"]["mean"] > 1
    assert not found["not_computed"]


def test_a_model_is_loaded_once_and_another_checkpoint_is_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "data", 3)
    checkpoint, loads, model = (tmp_path / name for name in ("checkpoint", "loads", "model.py"))
    model.write_text(
        "from pathlib import Path\n"
        "def load():\n"
        f"    with open({str(loads)!r}, 'a') as file:\n"
        "        file.write('loaded ')\n"
        f"    scale = float(Path({str(checkpoint)!r}).read_text())\n"
        "    def model(steps):\n"
        "        q = steps['observation'].repeat(1, 1, 3) * scale\n"
        "        return {'dqn': q, 'dqn_target': q}\n"
        "    return model\n"
    )
    words = tmp_path / "data", *DQN, "--model", f"{model}:load", "--out", tmp_path / "out"
    means: list[float] = []
    for scale in ("1", "2"):
        checkpoint.write_text(scale)
        cached_model.cache_clear()
        means.append(told(*words)["losses"]["dqn"]["mean"])
    assert means[0] != means[1]
    assert loads.read_text() == "loaded loaded "
    monkeypatch.setattr(local, "run_task", None)
    assert told(*words)["losses"]["dqn"]["mean"] == means[1]


def test_a_shard_that_a_model_fails_on_is_an_entry(tmp_path: Path) -> None:
    first, second = write(tmp_path / "data", 2)
    model = tmp_path / "model.py"
    model.write_text(
        "def load():\n"
        "    def model(steps):\n"
        f"        if float(steps['reward'][0, 0]) == {float(load_batch(second)[0]['reward'][0, 0])!r}:\n"
        "            raise RuntimeError('shapes cannot be multiplied')\n"
        "        q = steps['observation'] * 0\n"
        "        return {'dqn': q, 'dqn_target': q}\n"
        "    return model\n"
    )
    found = {each["shard"]: each["issues"] for each in told(first, second, "--model", f"{model}:load")["shards"]}
    (issue,) = found[str(second)]
    assert issue["check"] == "shard-does-not-fit"
    assert "RuntimeError: shapes cannot be multiplied" in issue["message"]
