"""What was noted of a recording is told as findings, with the places that are in the batch."""

import dataclasses

import pytest
import torch

import mouse
from benchmarks.recordings import RECORDINGS
from mouse.diagnosis import RECORDING_RULES, recording_report
from mouse.diagnosis.recording import RecordingCase
from mouse.mapping import Doubt, Mapping, Plan, detect, plan
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import play


def shape_of(planned: Plan) -> tuple[int, int]:
    rows, steps = planned.rows.index.shape
    return rows, steps


def test_every_rule_has_its_recording() -> None:
    assert set(RECORDINGS) == set(RECORDING_RULES)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_fault_of_a_recording_is_a_finding_of_its_rule(name: str) -> None:
    planned = RECORDINGS[name]()
    report = recording_report(shape_of(planned), planned.doubts)
    assert name in {finding.rule for finding in report}
    assert report.checked == tuple(RECORDING_RULES)
    (alone,) = mouse.doctor(*planned.batch(), doubts=planned.doubts, rules=[name])
    assert (alone.rule, alone.why) == (name, RECORDING_RULES[name].why)
    assert (alone.share_of_loss, alone.share_of_gradient) == (None, None)


def test_places_are_transitions_of_the_batch() -> None:
    planned = RECORDINGS["rows-apart"]()
    (found,) = recording_report(shape_of(planned), planned.doubts, ["rows-apart"])
    assert found.unit == "transition"
    step_stream, _out = planned.batch()
    assert {int(step_stream["obs"][row, step]) for row, step in found.places} == {7}
    assert found.measured == 5
    nowhere = recording_report((2, 3), [Doubt("rows-apart", "Said.", (1, 2))], ["rows-apart"])
    assert next(iter(nowhere)).places == ()


def test_a_batch_that_was_made_of_no_file_is_not_asked() -> None:
    planned = RECORDINGS["ends-lost"]()
    step_stream, out = planned.batch()
    assert not {*RECORDING_RULES} & {*mouse.doctor(step_stream, out, {}).checked}
    assert {*RECORDING_RULES} <= {*mouse.doctor(step_stream, out, {}, doubts=()).checked}


def test_chained_windows_lose_no_end() -> None:
    fields = tensors(layouts.lerobot(play("CliffWalking-v1", 300)))
    names = {"action": "action", "reward": "next.reward", "done": "next.done"}
    within = Mapping(fields=names, layout="flat", alignment="state", sequence="episode_index", length=20)
    assert [doubt.id for doubt in plan(fields, within).doubts] == ["ends-lost"]
    assert not plan(fields, dataclasses.replace(within, windows="chained")).doubts


def test_an_end_after_which_the_counter_goes_on_is_a_contradiction() -> None:
    steps = play("CliffWalking-v1", 300)
    fields = tensors(layouts.lerobot(steps))
    fields["next.done"] = torch.from_numpy(steps.ended).roll(-1)  # pyright: ignore[reportUnknownMemberType]
    mapping = detect(fields).mapping
    doubts = {doubt.id: doubt for doubt in plan(fields, mapping).doubts}
    assert len(doubts["end-goes-on"].rows) == int(steps.ended.sum())
    assert "as its counter of steps says" in doubts["end-goes-on"].message


def test_ends_may_be_unknown_in_one_stream() -> None:
    fields = {name: torch.zeros(6) for name in ("reward", "terminated")}
    for known in ({name: name for name in fields}, {"reward": "reward"}):
        (doubt,) = plan(fields, Mapping(fields=known, layout="flat")).doubts
        assert (doubt.id, doubt.message) == ("ends-unknown", "No field marks the end of an episode in the file.")


def test_a_recording_has_no_loss_to_share() -> None:
    case = RecordingCase((), (2, 3))
    assert case.share_of_loss("dqn", torch.ones(2, 2, dtype=torch.bool)) is None
