"""`mouse doctor --loss`: loss functions of the user's own, by file and name."""

import json
from pathlib import Path

import pytest
import torch
from tensordict import TensorDict
from typer.testing import CliRunner, Result

from mouse.batch import save_batch
from mouse_dashboard.cli.main import cli

SOURCE = """
def value_loss(value, goal):
    return ((value - goal) ** 2).mean()

def pair_loss(value, goal):
    error = value[..., None] - goal
    return (error**2).mean()

def old_value_loss(value, old_value):
    return ((value - old_value) ** 2).mean()
"""


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    generator = torch.Generator().manual_seed(0)
    step_stream, out = (
        TensorDict({name: torch.randn(128, 1, generator=generator)}, batch_size=(128, 1)) for name in ("goal", "value")
    )
    save_batch(tmp_path / "batch.safetensors", step_stream, out)
    return tmp_path / "batch.safetensors"


def run(batch: Path, *names: str, source: str = SOURCE, flags: tuple[str, ...] = ()) -> Result:
    file = batch.with_name("own.py")
    file.write_text(source)
    losses = [part for name in names for part in ("--loss", f"{file}:{name}")]
    return CliRunner().invoke(cli, ["doctor", str(batch), *losses, *flags])


def test_a_right_loss_ends_with_0_and_says_what_was_checked(batch: Path) -> None:
    result = run(batch, "value_loss", flags=("--fail-on", "warning"))
    assert result.exit_code == 0
    assert "silent-broadcast" in result.stdout.split("checked ", 1)[1]


def test_a_broken_loss_ends_with_1_and_names_its_line(batch: Path) -> None:
    result = run(batch, "pair_loss")
    assert result.exit_code == 1
    assert result.stdout.startswith("error silent-broadcast ")
    assert "on line 6 of own.py makes [128, 128]" in " ".join(result.stdout.split())


def test_json_names_the_loss_of_each_finding_of_several(batch: Path) -> None:
    result = run(batch, "value_loss", "pair_loss", "old_value_loss", flags=("--format", "json"))
    assert result.exit_code == 1
    told = [(each["rule"], each["loss"]) for each in json.loads(result.stdout)["findings"]]
    assert sorted(told) == [("loss-raises", "old_value_loss"), ("silent-broadcast", "pair_loss")]


def test_one_rule_can_be_chosen(batch: Path) -> None:
    result = run(batch, "pair_loss", flags=("--format", "json", "--rule", "mask-ignored"))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["checked"] == ["mask-ignored"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SOURCE, "no_loss"),
        ("raise ValueError('no data')\n", "raised ValueError: no data, at line 1; repair the file."),
        ("def no_loss(:\n", "raised SyntaxError"),
    ],
)
def test_a_function_that_cannot_be_loaded_ends_with_2_and_one_line(batch: Path, source: str, message: str) -> None:
    result = run(batch, "no_loss", source=source)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert message in line
