"""`mouse convert --model`: from a file of steps to a batch with the output of the user's network, in one command."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from mouse.batch import load_batch
from mouse_dashboard.cli.main import cli
from tests.mapping.files import gymnasium, heads, minari
from tests.server.imports.test_command import saved

pytestmark = pytest.mark.usefixtures("in_this_process")

MODEL = """
import torch

def load():
    network = torch.nn.Embedding.from_pretrained(torch.arange(24.0).view(8, 3))
    def model(steps):
        state = steps["observations"][..., 0].long() % 8
        return {"dqn": network(state), "dqn_target": network(steps["action"])}
    return model

def failing():
    def model(steps):
        return {"dqn": steps["nothing"]}
    return model

def flat():
    return lambda steps: {"dqn": steps["observations"].flatten()[:, None].float()}

def nothing():
    return None

def leaving():
    raise SystemExit("no checkpoint")
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "my_model_of_a_test.py"
    path.write_text(MODEL)
    return path


def convert(file: Path, model: Path | str, *flags: str) -> Result:
    out = file.with_name("batch.safetensors")
    return CliRunner().invoke(cli, ["convert", str(file), str(out), "--model", str(model), *flags])


def test_the_output_of_the_model_is_written_beside_the_steps(tmp_path: Path, model: Path) -> None:
    result = convert(saved(tmp_path / "steps.npz", minari()), f"{model}:load")
    assert result.exit_code == 0, result.stderr
    assert "windows" in result.stderr
    step_stream, out = load_batch(tmp_path / "batch.safetensors")
    table = torch.arange(24.0).view(8, 3)
    assert out["dqn"].equal(table[step_stream["observations"][..., 0].long() % 8])
    assert out["dqn_target"].equal(table[step_stream["action"]])


def test_heads_of_the_file_are_replaced_aloud(tmp_path: Path, model: Path) -> None:
    file = saved(tmp_path / "steps.npz", gymnasium() | heads())
    result = convert(file, f"{model}:load", "--alignment", "state")
    assert "load: its `dqn`, `dqn_target` replaces that of the file." in result.stderr
    assert load_batch(tmp_path / "batch.safetensors")[1]["dqn"].shape[-1] == 3


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("my_model.py", "--model my_model.py: found no function's name, expected FILE.py:FUNCTION; name both."),
        ("{file}:missing", "--model {file}:missing: found no function 'missing', expected one of load, failing, "),
        ("{file}:nothing", "--model {file}:nothing: returned a NoneType, expected the model, something to call"),
        ("{file}:leaving", "--model {file}:leaving: raised SystemExit: no checkpoint, at line 23; repair the file."),
        ("{file}:failing", "--model {file}:failing: raised KeyError: "),
        ("{file}:flat", "out.dqn: found shape ["),
    ],
)
def test_what_is_wrong_with_a_model_is_one_line_and_no_file(
    tmp_path: Path, model: Path, address: str, message: str
) -> None:
    result = convert(saved(tmp_path / "steps.npz", minari()), address.format(file=model))
    assert result.exit_code == 2
    assert message.format(file=model) in result.stderr.splitlines()[-1]
    assert not (tmp_path / "batch.safetensors").exists()
