import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from plotly.graph_objects import Figure
from tensordict import TensorDict
from torch.testing import assert_close
from typer.testing import CliRunner

import mouse
from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse_dashboard.cli.main import cli
from tests.mouse.client.scripted import scripted
from tests.project.commands import ROOT, run

README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [page.read_text() for page in PAGES]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """What the one page that has a heading says under it."""
    (text,) = [text for text in TEXTS if f"\n## {heading}\n" in text]
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def snippet(heading: str) -> str:
    """The one Python snippet under a heading."""
    (found,) = blocks(section(heading), "python")
    return found


def rows(heading: str) -> list[str]:
    """The rows of the table under a heading."""
    return re.findall(r"^\| (?!---)(.+) \|$", section(heading), re.MULTILINE)[1:]


def commands(program: str) -> list[str]:
    """What the pages tell to type after the name of a program."""
    lines = [line for text in TEXTS for block in blocks(text, "sh") for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", "".join(TEXTS))
    return sorted(
        {found[1].strip() for line in lines + inline if (found := re.search(rf"(?:^|\s){program} ([^#]+)", line))}
    )


def test_the_loss_table_is_the_list_of_losses() -> None:
    expected = [
        " | ".join(
            [
                f"`{loss.name}`",
                loss.title,
                loss.doc.rstrip("."),
                ", ".join(f"`{field}`" for field in (*loss.step_fields, *loss.heads)),
                f"`from {loss.function.__module__} import {loss.config.__name__}, {loss.function.__name__}`",
            ]
        )
        for loss in LOSSES.values()
    ]
    assert rows("The losses") == expected


def batch(rows: int = 2) -> tuple[TensorDict, TensorDict]:
    shape = (rows, 5)
    step_stream = {"action": torch.randint(3, shape), "reward": torch.randn(shape), "done": torch.zeros(shape).long()}
    out = {"dqn": torch.randn(*shape, 3), "dqn_target": torch.randn(*shape, 3)}
    return TensorDict(step_stream, batch_size=shape), TensorDict(out, batch_size=shape)


def test_the_snippet_makes_a_batch_of_a_sample_of_a_replay_buffer() -> None:
    count, actions = 6, 3
    names: dict[str, Any] = {
        "obs": torch.randn(count, 4), "next_obs": torch.randn(count, 4), "action": torch.arange(count) % actions,
        "reward": torch.ones(count), "done": torch.zeros(count), "weight": torch.ones(count), "gamma": 0.99,
        "n": torch.full((count,), 3), "q": torch.nn.Linear(4, actions), "q_target": torch.nn.Linear(4, actions),
        "mouse": mouse, "dqn_loss": dqn_loss, "DqnLossConfig": DqnLossConfig,
    }  # fmt: skip
    exec(snippet("Unordered transitions"), names)  # noqa: S102
    assert names["step_stream"].batch_size == (count, 2)
    assert float(names["loss"].detach()) > 0


def test_the_snippet_saves_the_batch_of_a_training_loop_in_five_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step_stream, out = batch()

    def model(_: TensorDict) -> TensorDict:
        return out

    names: dict[str, object] = {"step_stream": step_stream, "model": model}
    code = snippet("Your batch")

    exec(code, names)  # noqa: S102  the README's own code

    assert len([line for line in code.splitlines() if line]) == 5
    assert isinstance(names["loss"], torch.Tensor)
    saved_stream, saved_out = load_batch(tmp_path / "batch.safetensors")
    assert_close(saved_stream.to_dict(), step_stream.to_dict(), rtol=0, atol=0)
    assert_close(saved_out.to_dict(), out.to_dict(), rtol=0, atol=0)


def test_the_snippet_pushes_every_batch_of_a_training_run() -> None:
    step_stream, out = batch(rows=70)

    def model(_: TensorDict) -> TensorDict:
        return out

    with scripted() as dashboard:
        names: dict[str, Any] = {"batches": [step_stream, step_stream], "model": model}
        exec(snippet("Watch a training run").replace("http://localhost:8000", dashboard.base), names)  # noqa: S102  the README's own code
        names["client"].close(60)

    assert dashboard.steps == [0, 1]
    assert dashboard.snapshots[1]["run"] == "cartpole"
    assert dashboard.snapshots[1]["sequences"] == {"kept": 64, "of": 70}
    assert dashboard.snapshots[1]["metrics"] == names["metrics"]


def test_the_snippet_trains_on_windows_of_a_stream() -> None:
    action = torch.arange(64 * 33) % 3
    steps = {"action": action, "reward": action / 3, "done": action * 0, "episode": action * 0}
    seen: list[torch.Size] = []

    def model(step_stream: TensorDict) -> TensorDict:
        seen.append(step_stream.batch_size)
        q = torch.randn(*step_stream.batch_size, 3)
        return TensorDict({"dqn": q, "dqn_target": q}, batch_size=step_stream.batch_size)

    names: dict[str, object] = {"steps": steps, "model": model, "dqn_loss": dqn_loss, "cfg": DqnLossConfig()}
    exec(snippet("Batches from a stream"), names)  # noqa: S102  the README's own code
    assert isinstance(names["loss"], torch.Tensor)
    assert seen == [(32, 64), (1, 64)]


def test_the_snippet_logs_a_figure() -> None:
    logged: list[dict[str, object]] = []
    step_stream, out = batch()
    names: dict[str, Any] = {
        "step_stream": step_stream,
        "out": out,
        "cfg": DqnLossConfig(),
    }
    names["run"] = SimpleNamespace(log=logged.append)
    exec(snippet("Logging"), names)  # noqa: S102  the README's own code
    assert isinstance(logged[0]["dqn/td_error"], Figure)


def test_the_snippet_shows_a_batch_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, ...]] = []

    def show(*arguments: object) -> None:
        given.append(arguments)

    monkeypatch.setattr(mouse, "show", show, raising=False)
    exec(snippet("In a notebook"), {"step_stream": 1, "out": 2, "cfg": DqnLossConfig()})  # noqa: S102
    assert given == [(1, 2, {"dqn": DqnLossConfig()})]


def test_the_snippet_tests_a_batch() -> None:
    step_stream, out = batch()
    step_stream["reward"][0, 1] = torch.inf
    names: dict[str, Any] = {"collect": lambda: (step_stream, out)}
    exec(snippet("Doctor"), names)  # noqa: S102  the README's own code
    with pytest.raises(AssertionError, match="input-not-finite: "):
        names["test_the_collector_makes_sound_batches"]()


@pytest.mark.process
def test_every_make_command_exists() -> None:
    listed = "\n" + run("make", "help").stdout
    assert [each for each in commands("make") if f"\nmake {each.split(maxsplit=1)[0]} " not in listed] == []


@pytest.mark.parametrize("command", commands("mouse"))
def test_every_mouse_command_and_flag_exists(command: str) -> None:
    name = command.split(maxsplit=1)[0]
    told = CliRunner().invoke(cli, [*([] if name.startswith("-") else [name]), "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert [flag for flag in re.findall(r"--[\w-]+", command) if flag not in re.findall(r"--[\w-]+", told.stdout)] == []


@pytest.mark.parametrize("folder", [row.split("`")[1] for row in rows("Folders")])
def test_every_folder_of_the_map_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.process
def test_the_map_has_every_folder() -> None:
    folders = {name.split("/")[0] for name in run("git", "ls-files").stdout.splitlines() if "/" in name}
    mapped = {row.split("`")[1].split("/")[0] for row in rows("Folders")}
    assert mapped == {folder for folder in folders if not folder.startswith(".")}


def test_the_table_of_parts_is_the_list_of_extras() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert re.findall(r"`pip install \"?\.(?:\[(\w+)\]\")?`", README) == ["", *extras]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_and_picture_is_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_path_in_contributing_is_there() -> None:
    paths = re.findall(r"`((?:mouse|server|frontend|tests)/[\w./]*)`", CONTRIBUTING)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
