"""T + 1 observations beside T actions: each action leads from one of them to the next, and no question is left."""

import dataclasses

import numpy as np
import pytest
import torch

from mouse.errors import BatchError
from mouse.mapping import apply, detect, plan
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields
from tests.recordings.worlds import Array, Steps, agreement, play

SEQUENCES, LENGTH = 12, 40
WORLDS = ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4", "CartPole-v1")
OWN = ("obs", "action", "reward", "done")
OTHERS = ("observations", "actions", "rewards", "terminals")


def transitions(steps: Steps, names: tuple[str, ...]) -> Fields:
    ends = steps.ended if names == OTHERS else steps.terminated + 2 * (steps.truncated & ~steps.terminated)
    return dict(zip(names, (steps.obs, steps.action, steps.reward, ends), strict=True))


def arrays(steps: Steps, names: tuple[str, ...]) -> Fields:
    """Sequences out of one stream; the observation of each goes on to the first of the next one."""
    columns = transitions(steps, names)
    rows = np.arange(SEQUENCES)[:, None] * LENGTH + np.arange(LENGTH + 1)
    return {name: column[rows if name == names[0] else rows[:, :-1]] for name, column in columns.items()}


def turned(fields: Fields) -> Fields:
    return {name: value.swapaxes(0, 1) for name, value in fields.items()}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("names", [OWN, OTHERS])
@pytest.mark.parametrize("layout", ["sequences", "time_major", "flat"])
def test_every_transition_is_read_and_nothing_is_asked(world: str, names: tuple[str, ...], layout: str) -> None:
    steps = play(world, SEQUENCES * LENGTH + 1)
    fields = arrays(steps, names)
    if layout == "flat":
        fields = {name: value[0] for name, value in fields.items()}
    made = tensors(turned(fields) if layout == "time_major" else fields)
    found = detect(made)
    assert (found.mapping.layout, found.mapping.alignment, found.questions) == (layout, "state", {})
    planned = plan(made, found.mapping)
    of = 1 if layout == "flat" else SEQUENCES
    read = agreement(planned.batch()[0], steps, names[0], either_end=names == OTHERS)
    assert (read.pairs, read.wrong) == (of * LENGTH, ())
    assert planned.facts is not None
    assert (planned.facts.steps, planned.facts.steps_in_batch) == (of * LENGTH, of * LENGTH)


@pytest.mark.parametrize("told", ["lengths", "valid"])
def test_padded_sequences_keep_their_last_state(told: str) -> None:
    steps = play("Taxi-v4", SEQUENCES * LENGTH + 1)
    fields = arrays(steps, OTHERS)
    lengths = np.random.default_rng(0).integers(5, LENGTH + 1, SEQUENCES)
    for name, value in fields.items():
        for row, length in enumerate(lengths):
            value[row, length + (name == "observations") :] = 0
    fields[told] = lengths if told == "lengths" else np.arange(LENGTH) < lengths[:, None]
    found = detect(tensors(fields))
    assert found.questions == {}
    read = agreement(apply(tensors(fields), found.mapping)[0], steps, "observations", either_end=True)
    assert not read.wrong
    planned = plan(tensors(fields), dataclasses.replace(found.mapping, windows="within", length=2))
    assert int(planned.gaps.sequences.lengths.sum()) == int(lengths.sum()) + SEQUENCES
    assert any(f"`{told}` says so" in note for note in planned.notes)


def test_what_stands_with_the_actions_is_shifted_with_them() -> None:
    fields = arrays(play("CliffWalking-v1", SEQUENCES * LENGTH + 1), OWN)
    fields["log_prob"] = fields["action"] + 0.5
    made = tensors(fields)
    found = detect(made)
    step_stream, _out = apply(made, found.mapping)
    assert (step_stream["log_prob"][:, 1:] == step_stream["action"][:, 1:] + 0.5).all()
    assert (step_stream["log_prob"][:, 0] == 0).all()
    assert found.mapping.shifted == ("log_prob",)


def heads(*shape: int) -> Array:
    return np.random.default_rng(0).normal(size=(*shape, 4)).astype(np.float32)


def test_values_of_every_state_stay_where_they_are() -> None:
    steps = play("CliffWalking-v1", SEQUENCES * LENGTH + 1)
    values = heads(SEQUENCES, LENGTH + 1)
    made = tensors(arrays(steps, OTHERS) | {"q_values": values})
    found = detect(made)
    assert found.mapping.fields["dqn"] == "q_values"
    _step_stream, out = apply(made, found.mapping)
    assert out["dqn"].equal(torch.from_numpy(values))


def test_without_values_of_the_last_state_it_is_left_out() -> None:
    """A made-up value there would be what the last transition bootstraps with."""
    steps = play("CliffWalking-v1", SEQUENCES * LENGTH + 1)
    values = heads(SEQUENCES, LENGTH)
    made = tensors(arrays(steps, OTHERS) | {"q_values": values})
    found = detect(made)
    assert (found.mapping.alignment, found.questions) == ("state", {})
    planned = plan(made, found.mapping)
    assert any("the last one is left out, as `q_values` has none there" in note for note in planned.notes)
    step_stream, out = planned.batch()
    assert out["dqn"].equal(torch.from_numpy(values))
    read = agreement(step_stream, steps, "observations", either_end=True)
    assert (read.pairs, read.wrong) == (SEQUENCES * (LENGTH - 1), ())


def test_an_alignment_that_contradicts_the_lengths_is_refused() -> None:
    made = tensors(arrays(play("CliffWalking-v1", SEQUENCES * LENGTH + 1), OWN))
    mapping = dataclasses.replace(detect(made).mapping, alignment="next_state")
    with pytest.raises(BatchError, match="`obs` has one step more than `reward`") as raised:
        plan(made, mapping)
    assert raised.value.field == "mapping.alignment"


def test_another_layout_leaves_the_longer_field_out_and_says_so() -> None:
    made = tensors(arrays(play("CliffWalking-v1", SEQUENCES * LENGTH + 1), OWN))
    planned = plan(made, dataclasses.replace(detect(made).mapping, layout="time_major"))
    assert any("Dropped, because" in note and "obs" in note for note in planned.notes)


@pytest.mark.parametrize(
    "longer",
    [{"ptr": np.arange(LENGTH + 1)}, {"x": np.zeros((LENGTH + 1, 3))}, {"obs": np.zeros((LENGTH + 2, 3))}],
)
def test_a_column_that_happens_to_be_longer_proves_nothing(longer: Fields) -> None:
    steps = play("CliffWalking-v1", LENGTH)
    fields = {name: value for name, value in transitions(steps, OWN).items() if name != "obs"}
    found = detect(tensors(fields | longer))
    assert not any("one step more" in note for note in found.notes)


def test_transitions_of_several_lengths_and_files_without_one_are_left_as_they_are() -> None:
    fields = arrays(play("CliffWalking-v1", SEQUENCES * LENGTH + 1), OWN)
    for change in ({"reward": fields["reward"][:, 1:]}, {"reward": np.ones(())}):
        assert not any("one step more" in note for note in detect(tensors(fields | change)).notes)
    assert detect({"obs": torch.zeros(3, 5), "values": torch.zeros(3, 4)}).notes == ()
