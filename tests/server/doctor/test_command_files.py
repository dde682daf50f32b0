"""`mouse doctor` on several files: one table with the worst first, then each; and annotations for GitHub."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner, Result

from mouse.batch import save_batch
from mouse_dashboard.cli.main import cli
from mouse_dashboard.doctor.files import FileReport
from mouse_dashboard.doctor.github import annotations
from tests.diagnosis.test_report import finding
from tests.server.batches import random_batch

UNBOUNDED = ("--config", json.dumps({"dqn": {"gamma_terminal": 0.5}}), "--rule", "discount-unbounded")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two batches, one of them without an end, something that is none, and notes."""
    batch: Any = random_batch()
    (tmp_path / "inner").mkdir()
    save_batch(tmp_path / "inner" / "bad.safetensors", batch.step_stream, batch.out)
    batch.step_stream["done"] = batch.step_stream["done"] * 0 + 2
    save_batch(tmp_path / "good.safetensors", batch.step_stream, batch.out)
    (tmp_path / "notes.txt").write_text("nothing to read")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["doctor", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_worst_file_comes_first_in_the_table_and_below_it(folder: Path) -> None:
    result = run(folder, *UNBOUNDED)
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0].split() == ["file", "error", "warning", "info", "first"]
    assert lines[1].split() == [f"{folder}/inner/bad.safetensors", "-", "1", "-", "discount-unbounded"]
    assert lines[2].split() == [f"{folder}/good.safetensors", "-", "-", "-", "-"]
    assert lines[4] == f"{folder}/inner/bad.safetensors"
    assert lines[5].startswith("warning discount-unbounded ")
    assert lines[-1] == "no finding; 1 rules checked, 0 not"


@pytest.mark.parametrize(
    ("named", "files"), [(["*.safetensors", "inner"], 2), (["good.safetensors", "."], 2), (["**/*.safetensors"], 2)]
)
def test_files_folders_and_globs_name_each_file_once(
    named: list[str], files: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    told = json.loads(run(*named, *UNBOUNDED, "--format", "json").stdout)["files"]
    assert len({each["file"] for each in told}) == len(told) == files
    assert [len(each["findings"]) for each in told] == [1, 0]


def test_a_folder_of_one_file_is_told_as_that_file(folder: Path) -> None:
    alone = run(folder / "inner" / "bad.safetensors", *UNBOUNDED)
    assert run(folder / "inner", *UNBOUNDED).stdout == alone.stdout
    assert alone.stdout.startswith("warning discount-unbounded ")


def test_one_that_cannot_be_read_is_told_first_and_the_others_are_examined(folder: Path) -> None:
    (folder / "broken.safetensors").write_text("hello, this is text")
    result = run(folder, *UNBOUNDED)
    assert result.exit_code == 2
    assert result.stdout.splitlines()[1].split()[-3:] == ["cannot", "be", "read"]
    assert "cannot be read found another format" in result.stdout
    assert "warning discount-unbounded" in result.stdout
    told = json.loads(run(folder, *UNBOUNDED, "--format", "json").stdout)["files"]
    assert told[0]["problem"].startswith("found another format")
    suites = ET.fromstring(run(folder, *UNBOUNDED, "--format", "junit").stdout)  # noqa: S314  our own
    assert (suites.tag, [suite.get("errors") for suite in suites]) == ("testsuites", ["1", "0", "0"])
    (log,) = json.loads(run(folder, *UNBOUNDED, "--format", "sarif").stdout)["runs"]
    (invocation,) = log["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["error"]
    (result,) = log["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("/inner/bad.safetensors")


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1)])
def test_one_bad_file_decides_the_exit_code(fail_on: str, code: int, folder: Path) -> None:
    assert run(folder, *UNBOUNDED, "--fail-on", fail_on).exit_code == code


def test_a_name_without_a_file_is_one_line(folder: Path) -> None:
    for named, told in {
        folder / "none": f"mouse: {folder}/none: no such file.",
        folder / "*.npz": f"mouse: {folder}/*.npz: found no files (",
        "s3://bucket/batch.npz": "mouse: s3://bucket/batch.npz: no such file.",
    }.items():
        result = run(folder, named)
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line.startswith(told)


def test_annotations_name_file_rule_and_what_to_do(folder: Path) -> None:
    result = run(folder, *UNBOUNDED, "--format", "github")
    first, *summaries = result.stdout.splitlines()
    head, _, message = first.removeprefix("::").partition("::")
    assert head == f"warning file={folder}/inner/bad.safetensors,title=discount-unbounded"
    assert "terminal transition" in message
    assert "%0Awhere: transition [" in message
    assert message.endswith("%0Afix: Use gamma < 1, and gamma_terminal = 0: nothing follows a terminal state."
                            " Set dqn.gamma_terminal = 0.0.")  # fmt: skip
    assert summaries == [
        f"mouse doctor: {folder}/inner/bad.safetensors: 1 warning; 1 rules checked, 0 not",
        f"mouse doctor: {folder}/good.safetensors: no finding; 1 rules checked, 0 not",
    ]


def test_no_name_and_no_message_becomes_a_command_of_its_own() -> None:
    from mouse.diagnosis import Report  # noqa: PLC0415  beside its only use

    hostile = "a,b:c%\r\n::set-output name=x::y##[group]\u202e"
    found = finding(severity="info", rule="r", message=f"100 % of {hostile}", fix="f.")
    text = annotations([
        FileReport(Path(hostile), Report((found,), ("r",), ())), FileReport(Path("b"), None, hostile)
    ])  # fmt: skip
    notice, summary, error = text.split("\n")
    name = r"a%2Cb%3Ac%25\u000d\u000a%3A%3Aset-output name=x%3A%3Ay# #[group]\u202e"
    assert notice.startswith(f"::notice file={name},title=r::100 %25 of a,b:c%25\\u000d%0A::set-output name=x::y# #[")
    assert summary.startswith("mouse doctor: a,b:c%")
    assert error.startswith("::error file=b,title=cannot be read::a,b:c%25\\u000d%0A::set-output")
    assert "\r" not in text
    assert "##[" not in text
