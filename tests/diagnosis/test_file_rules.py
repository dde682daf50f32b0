"""Rules over order, episodes and alignment look at a file before it is cut: short windows show few whole episodes."""

import dataclasses
from typing import Literal

import numpy as np
import pytest
import torch

import mouse
from mouse.diagnosis import FileReport, add_recording_findings, examine_file
from mouse.diagnosis.file_rules import FileFinding
from mouse.diagnosis.finding import Severity
from mouse.diagnosis.report import NotChecked, PartlyChecked, Report
from mouse.mapping import Mapping, Plan, contiguous_rows, plan
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import WORLDS, Steps, play

SHORT = Mapping(
    fields={"action": "actions", "reward": "rewards", "terminated": "terminated", "truncated": "truncated"},
    layout="flat",
    alignment="state",
    length=8,
)


def merged_ends(steps: Steps) -> Steps:
    """Time limits are stored as deaths."""
    return dataclasses.replace(steps, terminated=steps.ended, truncated=np.zeros_like(steps.truncated))


def planned(steps: Steps, mapping: Mapping = SHORT) -> Plan:
    return plan(tensors(layouts.loop(steps)), mapping)


def examined(made: Plan) -> Report:
    return mouse.doctor(*made.batch(), {}, doubts=made.doubts, file=examine_file(made))


def warnings(report: Report) -> set[str]:
    return {finding.rule for finding in report.at_least("warning")}


@pytest.mark.parametrize("world", ["FrozenLake-v1", "CliffWalking-v1", "CartPole-v1"])
def test_limits_stored_as_deaths_are_seen_in_a_file_that_is_cut_into_short_windows(world: str) -> None:
    made = planned(merged_ends(play(world, 600)))
    of_windows = mouse.doctor(*made.batch(), {}, doubts=made.doubts)
    assert "done-merged" in {skipped.rule for skipped in of_windows.not_checked}
    report = examined(made)
    (found,) = (finding for finding in report if finding.rule == "done-merged")
    assert "done-merged" in report.checked
    assert found.message.startswith("In the file, before windows are cut: ")
    assert "It is about rows " in found.message


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("windows", ["within", "across", "chained"])
@pytest.mark.parametrize("environments", [1, 4])
def test_a_right_file_stays_silent_in_short_windows(
    world: str, windows: Literal["within", "across", "chained"], environments: int
) -> None:
    steps = play(world, 1200, environments=environments, seed=3)
    mapping = dataclasses.replace(SHORT, windows=windows, environment="env_id")
    made = plan(tensors(layouts.table(steps)), mapping)
    assert not warnings(examined(made)) - {"reward-all-zero"}


def test_places_are_those_of_the_batch_and_rows_those_of_the_file() -> None:
    steps = merged_ends(play("CliffWalking-v1", 600))
    made = planned(steps, dataclasses.replace(SHORT, windows="across"))
    (found,) = (finding for finding in examined(made) if finding.rule == "done-merged")
    file = examine_file(made)
    assert file is not None
    rows = next(each.rows for each in file.findings if each.rule == "done-merged")
    length = np.diff(np.flatnonzero(steps.ended), prepend=-1)
    assert list(rows) == np.flatnonzero(steps.ended)[length == length.max()].tolist()
    assert (found.unit, found.count > 0) == ("transition", True)
    assert {int(made.rows.before[row, step + 1]) for row, step in found.places} <= set(rows)


def test_what_windows_and_the_file_show_is_told_once() -> None:
    steps = play("CartPole-v1", 600)
    fields = tensors(layouts.loop(steps)) | {"truncated": torch.zeros(600, dtype=torch.bool)}
    made = plan(fields, SHORT)
    assert {"ends-missing"} <= {finding.rule for finding in mouse.doctor(*made.batch(), {})}
    report = examined(made)
    assert [finding.rule for finding in report] == ["ends-missing"]
    assert [each.rule for each in report.findings[0].consequences] == ["rows-apart"]
    assert not report.findings[0].message.startswith("In the file")


def test_one_rule_is_asked_of_the_file_as_well() -> None:
    made = planned(merged_ends(play("CliffWalking-v1", 600)))
    report = mouse.doctor(*made.batch(), {}, file=examine_file(made), rules=["done-merged"])
    assert (report.checked, warnings(report)) == (("done-merged",), {"done-merged"})
    assert not mouse.doctor(*made.batch(), {}, file=examine_file(made), rules=["reset-pair"]).findings


def of_file(rule: str, severity: Severity) -> FileReport:
    found = FileFinding(rule, severity, "Of the file.", 1.0, 0.0, None, "Fix it.", (), "transition", (), ())
    return FileReport((found,), (rule,), (), ())


@pytest.mark.parametrize(("severity", "told"), [("info", "Every one"), ("warning", "Of the file.")])
def test_the_file_speaks_instead_where_it_has_something_worse_to_say(severity: Severity, told: str) -> None:
    done = (torch.arange(64) % 4 == 3).long().unsqueeze(0)
    stream = {"done": done, "action": torch.zeros_like(done), "reward": torch.ones(1, 64)}
    (found,) = mouse.doctor(stream, file=of_file("episode-too-short", severity), rules=["episode-too-short"])
    assert found.message.startswith(told)


def test_a_report_of_a_file_that_names_an_unknown_rule_is_left_out() -> None:
    assert not add_recording_findings(Report((), (), ()), (2, 3), None, of_file("of-another-version", "error"))


def test_of_a_long_file_it_is_said_which_rows_were_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contiguous_rows, "MOST_ROWS", 400)
    made = planned(merged_ends(play("CliffWalking-v1", 1000)))
    report = examined(made)
    part = "the last 600 rows of the file before windows are cut"
    assert PartlyChecked("done-merged", part, "a shorter file") in report.partly_checked
    (found,) = (finding for finding in report if finding.rule == "done-merged")
    assert found.message.startswith("In the first 400 rows of the file, before windows are cut: ")
    assert "the last" not in str(mouse.doctor(*made.batch(), {}, file=examine_file(made), rules=["reset-pair"]))


def test_a_file_whose_windows_show_all_of_it_is_not_looked_at_again() -> None:
    assert examine_file(planned(play("CliffWalking-v1", 40), dataclasses.replace(SHORT, length=40))) is None


def test_a_finding_of_the_whole_file_has_no_rows() -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 600)))
    file = examine_file(plan(fields | {"actions": fields["actions"].roll(1)}, SHORT))
    assert file is not None
    (found,) = (each for each in file.findings if each.rule == "alignment-off-by-one")
    assert (found.rows, found.places, found.message[-1]) == ((), (), ".")
    assert "It is about" not in found.message


def test_what_could_not_be_looked_at_in_the_file_either_is_not_checked() -> None:
    fields = tensors(layouts.loop(play("CliffWalking-v1", 40)))
    file = examine_file(plan(fields, SHORT))
    assert file is not None
    assert NotChecked("done-merged", "8 whole episodes, found 0 or `done` as a bool") in file.not_checked
