"""What is in a file is counted there, whatever its windows show of it."""

import dataclasses

import pytest

from mouse.mapping import FileFacts, Mapping, detect, plan
from tests.mapping.files import EPISODIC, GYMNASIUM, gymnasium, minari
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.worlds import play


@pytest.mark.parametrize("length", [2, 3, 6])
def test_three_episodes_are_three_whatever_the_windows(length: int) -> None:
    mapping = dataclasses.replace(GYMNASIUM, length=length)
    facts = plan(gymnasium(), mapping).facts
    assert facts is not None
    assert (facts.steps, facts.episodes, facts.ends) == (6, 3, 2)


def test_windows_within_episodes_lose_their_ends() -> None:
    mapping = dataclasses.replace(EPISODIC, windows="within", length=2)
    assert plan(minari(), mapping).facts == FileFacts(6, 2, 3, 2, 0)


def test_steps_episodes_and_ends_of_a_recorded_file_are_those_that_were_played() -> None:
    steps = play("CliffWalking-v1", 600)
    fields = tensors(layouts.d3rlpy_1(steps))
    facts = plan(fields, detect(fields).mapping).facts
    assert facts is not None
    ends = int((steps.terminated | steps.truncated).sum())
    assert (facts.steps, facts.ends) == (600, ends)
    assert facts.episodes in {ends, ends + 1}
    assert facts.steps_in_batch <= 600


def test_a_file_without_ends_or_episodes_tells_of_none_and_rows_without_order_of_nothing() -> None:
    fields = {name: value for name, value in gymnasium().items() if name in ("actions", "rewards")}
    named = Mapping(fields={"action": "actions", "reward": "rewards"}, layout="flat")
    facts = plan(fields, named).facts
    assert facts == FileFacts(6, 5, None, 0, 0)
    for layout in ("items", "transitions"):
        assert plan(fields, dataclasses.replace(named, layout=layout)).facts is None
