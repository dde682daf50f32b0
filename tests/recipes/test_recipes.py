"""Each page of docs/recipes runs as it stands, and its batch holds the steps that were taken."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mouse.batch import load_batch
from mouse_dashboard.cli.main import cli
from tests.project.commands import ROOT
from tests.recipes import libraries
from tests.recipes.libraries import STEPS, TWO, played
from tests.recordings import layouts
from tests.recordings.files import hdf5
from tests.recordings.worlds import agreement

pytestmark = pytest.mark.process

PAGES = ROOT / "docs" / "recipes"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def blocks(page: str) -> list[tuple[str, str]]:
    """The language and text of each block of a page."""
    return re.findall(r"^```(python|sh)\n(.*?)^```", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL)


def follow(page: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Do what a page says, from top to bottom."""
    for language, text in blocks(page):
        if language == "python":
            exec(text, namespace)  # noqa: S102  the page itself
        else:
            for line in text.splitlines():
                enter(line)
    return namespace


def enter(line: str) -> None:
    """Type a command; a batch that would be opened must be one."""
    program, *arguments = shlex.split(line)
    if program != "mouse":
        subprocess.run(line, shell=True, check=True)  # noqa: S602  the page's own line
    elif arguments[0] == "dashboard":
        load_batch(arguments[1])
    else:
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output


RECORDED: dict[str, tuple[Callable[[], dict[str, Any]], str, str, bool]] = {
    "torchrl.md": (libraries.torchrl, "batch", "observation", False),
    "d3rlpy.md": (libraries.d3rlpy, "batch", "observations", False),
    "minari.md": (libraries.minari, "batch", "observations", False),
    "rllib.md": (libraries.rllib, "batch", "obs", False),
    "tianshou.md": (libraries.tianshou, "batch", "_meta.obs", False),
    "lerobot.md": (libraries.lerobot, "batch", "observation.state", True),
}
"""Its library, the file that is written, the observation in it, and whether it leaves open how episodes end."""


@pytest.mark.parametrize("page", RECORDED)
def test_a_page_leads_to_a_batch_of_the_steps_that_were_taken(page: str) -> None:
    library, file, obs, either_end = RECORDED[page]
    follow(page, library())
    step_stream, _out = load_batch(f"{file}.safetensors")
    steps = TWO if page == "torchrl.md" else STEPS
    found = agreement(step_stream, steps, obs, either_end=either_end)
    assert found.wrong == ()
    assert 0.75 * len(steps) <= found.pairs <= len(steps)
    assert found.ends >= 0.75 * int(steps.ended.sum())


@pytest.mark.parametrize("page", ["cleanrl.md", "stable-baselines3.md"])
def test_a_sample_becomes_transitions_with_the_values_of_both_networks(page: str) -> None:
    follow(page, {"cleanrl.md": libraries.cleanrl, "stable-baselines3.md": libraries.stable_baselines}[page]())
    step_stream, out = load_batch("batch.safetensors")
    assert agreement(step_stream, STEPS, "obs", either_end=True) == (300, (), int(STEPS.ended.sum()))
    assert out["dqn"][:, 0].equal(libraries.NETWORK(step_stream["obs"][:, 0]).detach())
    assert out["dqn_target"][:, 1].equal(libraries.NETWORK(step_stream["obs"][:, 1]).detach())


@pytest.mark.parametrize("rows", [130, 170], ids=["full", "not full"])
def test_the_ring_of_a_buffer_is_put_in_order_and_its_empty_rows_are_left_out(rows: int) -> None:
    follow("stable-baselines3.md", libraries.stable_baselines(rows))
    step_stream, _out = load_batch("steps.safetensors")
    found = agreement(step_stream, TWO, "observations")
    assert found.wrong == ()
    assert 0.9 * 2 * min(rows, 150) <= found.pairs <= 2 * min(rows, 150)


def test_a_rollout_of_ppo_keeps_each_end_with_the_step_that_ends() -> None:
    follow("cleanrl.md", libraries.cleanrl())
    step_stream, _out = load_batch("rollout.safetensors")
    found = agreement(step_stream, TWO, "observation", either_end=True)
    assert (found.pairs, found.wrong) == (298, ())
    assert found.ends > 0


def test_a_loop_of_ones_own_is_read_without_a_flag() -> None:
    rows = follow("loop.md", {})["rows"]
    step_stream, _out = load_batch("batch.safetensors")
    found = agreement(step_stream, played(rows), "observations")
    assert found.wrong == ()
    assert found.pairs >= 375


def test_a_model_is_run_over_a_file_by_a_flag_and_by_a_call(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = layouts.d4rl(STEPS)
    hdf5(folder / "steps.hdf5", fields | {"observations": fields["observations"].reshape(-1, 1).astype("float32")})
    (_, source), *rest = blocks("model_outputs.md")
    (folder / "my_model.py").write_text(source.replace("    network =", "    torch.manual_seed(0)\n    network =", 1))
    monkeypatch.setitem(sys.modules, "my_model", None)  # gone with the test
    monkeypatch.delitem(sys.modules, "my_model")
    for language, text in rest:
        if language == "python":
            exec(text, {})  # noqa: S102  the page itself
        else:
            for line in text.splitlines():
                enter(line)
    outputs = [load_batch(f"{name}.safetensors")[1] for name in ("batch", "with_heads")]
    assert set(outputs[0].keys()) == {"dqn", "dqn_target"}
    assert all(outputs[0][name].allclose(outputs[1][name], atol=1e-6) for name in ("dqn", "dqn_target"))


def test_every_page_is_listed_and_every_link_leads_to_one() -> None:
    pages = {page.name for page in PAGES.glob("*.md")}
    for page in pages:
        text = (PAGES / page).read_text()
        assert {link for link in re.findall(r"\]\(([^)#:]+)\)", text) if "/" not in link} <= pages
    listed = set(re.findall(r"\]\((\S+\.md)\)", (PAGES / "README.md").read_text()))
    assert listed == pages - {"README.md"}
    assert "docs/recipes/README.md" in (ROOT / "README.md").read_text()
