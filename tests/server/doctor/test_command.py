"""`mouse doctor`: formats, exit codes, and one line for what its user can put right."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]  # its own annotation is partial
from tensordict import TensorDict
from typer.testing import CliRunner, Result

from benchmarks.soil import Soil
from mouse import doctor
from mouse.batch import save_batch
from mouse.diagnosis import CATALOGUE, RULES
from mouse.losses import LOSSES
from mouse_dashboard.cli.main import cli
from tests.server.batches import random_batch

UNBOUNDED = json.dumps({"dqn": {"gamma_terminal": 0.5}})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    batch: Any = random_batch()
    save_batch(tmp_path / "batch.safetensors", batch.step_stream, batch.out)
    return tmp_path / "batch.safetensors"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["doctor", *map(str, arguments)])


def refused(*arguments: str | Path) -> str:
    """The one line on stderr of a command that ends with exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_without_a_config_every_loss_has_its_defaults(file: Path) -> None:
    batch: Any = random_batch()
    configs = {name: loss.config() for name, loss in LOSSES.items()}
    expected = doctor(batch.step_stream, batch.out, configs)
    result = run(file, "--format", "json")
    assert json.loads(result.stdout) == json.loads(json.dumps(expected.to_dict()))
    assert result.exit_code == bool(expected.at_least("error"))


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("info", 1)])
def test_the_exit_code_is_decided_by_the_worst_finding(file: Path, fail_on: str, code: int) -> None:
    flags = ("--config", UNBOUNDED, "--rule", "discount-unbounded", "--fail-on", fail_on)
    result = run(file, *flags)
    assert result.exit_code == code
    assert result.stdout.startswith("warning discount-unbounded ")
    assert result.stdout.endswith("\nchecked discount-unbounded\n1 warning; 1 rules checked, 0 not\n")


def test_information_fails_only_where_it_is_asked_for(file: Path) -> None:
    codes = [run(file, "--rule", "vector-ignores-done", "--fail-on", level).exit_code for level in ("warning", "info")]
    assert codes == [0, 1]


def test_configs_come_from_files_and_from_the_line_one_after_the_other(file: Path) -> None:
    settings = file.parent / "configs.json"
    settings.write_text(json.dumps({"dqn": {"gamma_terminal": 0.5}, "sp": {"temperature": 2.0}}))
    rules = ("--rule", "discount-unbounded", "--rule", "temperature-ignored", "--rule", "vector-dim")
    told = json.loads(run(file, "--config", settings, *rules, "--format", "json").stdout)
    assert [each["rule"] for each in told["findings"]] == ["discount-unbounded", "temperature-ignored"]
    told = json.loads(run(file, "--config", settings, "--config", '{"dqn": {}}', *rules, "--format", "json").stdout)
    assert [each["rule"] for each in told["findings"]] == ["temperature-ignored"]


def test_text_tells_what_a_finding_touches_and_what_was_not_checked(file: Path) -> None:
    text = run(file, "--config", UNBOUNDED).stdout
    assert "of the loss and" in text
    assert "fix     Use gamma < 1, and gamma_terminal = 0" in text
    assert "Set dqn.gamma_terminal = 0.0." in text
    assert re.search(r"not checked [\w, -]*theta-wraps, [\w, -]+ need a config of vec_dqn\n", text)


def test_every_format_says_what_of_a_rule_was_not_checked(tmp_path: Path) -> None:
    part = "alignment-off-by-one (rewards) needs rewards that go with the observations and the action of one step"
    cliff = cast("Any", Soil(name="cliff", shape=(32, 128)).grow()).step_stream
    del cliff["q_star"]
    cliff["reward"] = cliff["reward"] * 0
    file = tmp_path / "cliff.safetensors"
    save_batch(file, cliff, TensorDict({}, batch_size=cliff.batch_size))
    said = {
        name: run(file, "--rule", "alignment-off-by-one", "--format", name).stdout
        for name in ("text", "json", "sarif", "junit")
    }
    assert f"partly checked {part}" in said["text"]
    assert json.loads(said["json"])["partly_checked"][0]["part"] == "rewards"
    (note,) = json.loads(said["sarif"])["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith(f"partly checked: {part}")
    (case,) = ET.fromstring(said["junit"])  # noqa: S314  our own
    assert str(case.findtext("system-out")).startswith(f"partly checked: {part}")


def test_sarif_has_a_result_per_finding_and_every_rule(file: Path) -> None:
    log = json.loads(run(file, "--config", UNBOUNDED, "--format", "sarif").stdout)
    (told,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in told["tool"]["driver"]["rules"]] == list(CATALOGUE)
    result = next(each for each in told["results"] if each["ruleId"] == "discount-unbounded")
    assert result["level"] == "warning"
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == file.as_posix()
    places = result["properties"]["where"]
    assert [each["fullyQualifiedName"] for each in location["logicalLocations"]] == [
        f"transition{place}" for place in places
    ]
    assert {each["level"] for each in told["results"]} <= {"error", "warning", "note"}
    notes = told["invocations"][0]["toolExecutionNotifications"]
    assert {"level": "note", "message": {"text": "not checked: theta-wraps needs a config of vec_dqn"}} in notes


def test_sarif_of_a_config_names_its_field(file: Path) -> None:
    flags = ("--config", '{"sp": {"temperature": 2.0}}', "--rule", "temperature-ignored", "--format", "sarif")
    (location,) = json.loads(run(file, *flags).stdout)["runs"][0]["results"][0]["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "configs.sp.temperature"}]


def test_junit_has_a_case_per_rule(file: Path) -> None:
    suite = ET.fromstring(run(file, "--config", UNBOUNDED, "--format", "junit").stdout)  # noqa: S314  our own
    cases = {str(case.get("name")): case for case in suite}
    assert list(map(str, cases)) != []
    assert set(cases) == set(RULES)
    assert suite.get("tests") == str(len(RULES))
    failure = cases["discount-unbounded"].find("failure")
    assert failure is not None
    assert failure.get("type") == "warning"
    assert "terminal transition" in str(failure.get("message"))
    skipped = cases["theta-wraps"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "needs a config of vec_dqn"
    assert suite.get("skipped") == str(sum(case.find("skipped") is not None for case in suite))
    assert suite.get("failures") == str(sum(case.find("failure") is not None for case in suite))
    assert cases["value-statistics"].find("system-out") is not None


@pytest.mark.parametrize("output", ["text", "json", "sarif", "junit"])
def test_what_cannot_be_seen_in_a_name_is_shown_as_escapes(output: str, file: Path) -> None:
    hostile = file.rename(file.with_name("a\u202eb\x1b[2J c.safetensors"))
    shown = run(hostile, "--config", UNBOUNDED, "--format", output).stdout
    assert not re.search("[\u202e\x1b]", shown)
    if output == "sarif":
        location = json.loads(shown)["runs"][0]["results"][0]["locations"][0]
        assert location["physicalLocation"]["artifactLocation"]["uri"].endswith(
            "/a%5Cu202eb%5Cu001b%5B2J%20c.safetensors"
        )
    if output == "junit":
        assert {case.get("classname") for case in ET.fromstring(shown)} == {  # noqa: S314  our own
            str(file.with_name(r"a\u202eb\u001b[2J c.safetensors"))
        }


@pytest.mark.process
def test_arrays_of_numpy_are_read(tmp_path: Path) -> None:
    batch: Any = random_batch()
    fields = {name: value.numpy() for source in (batch.step_stream, batch.out) for name, value in source.items()}
    np.savez(tmp_path / "batch.npz", **fields)
    result = run(tmp_path / "batch.npz", "--rule", "discount-unbounded", "--config", UNBOUNDED, "--fail-on", "info")
    assert (result.exit_code, result.stdout.split(" ", 2)[:2]) == (1, ["warning", "discount-unbounded"])


def test_a_field_that_does_not_fit_the_batch_is_a_finding(tmp_path: Path) -> None:
    save_file(
        {"action": torch.zeros(3, 5, dtype=torch.int64), "reward": torch.zeros(5, 3)}, tmp_path / "batch.safetensors"
    )
    result = run(tmp_path / "batch.safetensors", "--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [(each["rule"], each["where"]) for each in told["findings"]] == [("shape-mismatch", "step_stream.reward")]
    assert "found shape [5, 3]" in told["findings"][0]["message"]
    assert len(told["not_checked"]) == len(RULES) - 1


def test_an_explanation_needs_no_file() -> None:
    result = run("--explain", "cql-dominates")
    assert result.exit_code == 0
    for part in ("The CQL penalty outgrows the TD error", "cql_share", "Lower cql_weight."):
        assert part in result.stdout


def test_a_rule_over_runs_is_explained_as_well() -> None:
    result = run("--explain", "run-jump")
    assert result.exit_code == 0
    assert "A statistic of the batches jumps" in result.stdout


def test_what_cannot_run_is_said_in_one_line(file: Path, tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("hello, this is text")
    save_file({"x": torch.zeros(3)}, tmp_path / "flat.safetensors")
    save_file({"x": torch.zeros(3, 4)}, tmp_path / "newer.safetensors", {"format": "mouse-batch", "version": "99"})
    assert refused().startswith("mouse: FILE: found nothing, expected a batch file")
    assert refused("nowhere.npz") == "mouse: nowhere.npz: no such file."
    assert refused(tmp_path / "text.safetensors").startswith(
        f"mouse: {tmp_path}/text.safetensors: found another format"
    )
    assert refused(tmp_path / "flat.safetensors").startswith(f"mouse: {tmp_path}/flat.safetensors: Which field is")
    assert refused(tmp_path / "newer.safetensors").startswith("mouse: newer.safetensors: found format version 99")
    assert refused(file, "--rule", "cql").startswith("mouse: --rule: found 'cql', expected one of shape-mismatch, ")
    assert refused("--explain", "cql").startswith("mouse: --explain: found 'cql', expected one of ")
    assert refused(file, "--config", "nowhere.json") == "mouse: nowhere.json: No such file or directory."
    surrogate = r'{"dqn": {"gamma": "\ud800"}}'
    assert "--config: dqn.gamma: found '\\ud800', expected 0 to 1; " in refused(file, "--config", surrogate)
    assert """found no JSON object in '{"dqn"'""" in refused(file, "--config", '{"dqn"')
    unknown = refused(file, "--config", '{"dqn": {"gama": 1}}')
    assert unknown.startswith("mouse: --config: dqn.gama: found a field of that name, expected one of gamma, ")
    assert all(f" {field.name}" in unknown for field in dataclasses.fields(cast("Any", LOSSES["dqn"].config)))
    assert "expected one of sv, " in refused(file, "--config", '{"svv": {}}')
    assert refused(file, "--config", '{"dqn": {"gamma": 2}}').startswith(
        "mouse: --config: dqn.gamma: found 2, expected"
    )
    assert refused(file, "--config", "{").startswith("mouse: --config: ")


def test_a_batch_without_any_loss_is_answered(tmp_path: Path) -> None:
    stream = TensorDict({"reward": torch.zeros(2, 3)}, [2, 3])
    save_batch(tmp_path / "batch.safetensors", stream, TensorDict({}, [2, 3]))
    result = run(tmp_path / "batch.safetensors")
    assert (result.exit_code, result.stdout.startswith("checked shape-mismatch")) == (0, True)
