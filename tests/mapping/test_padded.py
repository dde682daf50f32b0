"""Padded arrays [B, S]: rows behind the last step of a sequence are not steps, and tell steps from sequences."""

import numpy as np
import pytest

from mouse.mapping import Mapping, detect, plan
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields, loop
from tests.recordings.worlds import Array, Steps, agreement, play

SEQUENCES, LONGEST = 32, 30
WORLDS = ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4", "CartPole-v1")


def padded(steps: Steps) -> tuple[Fields, Array]:
    """Episodes cut at the longest sequence, zeros behind them; and how long each is."""
    begins = np.flatnonzero(steps.step == 0)
    lengths = np.minimum(np.diff(begins)[:SEQUENCES], LONGEST)
    fields: Fields = {}
    for name, column in loop(steps).items():
        fields[name] = np.zeros((SEQUENCES, LONGEST, *column.shape[1:]), column.dtype)
        for place, (begin, length) in enumerate(zip(begins, lengths, strict=False)):
            fields[name][place, :length] = column[begin : begin + length]
    return fields, lengths


def mask(lengths: Array) -> Array:
    return np.arange(LONGEST) < lengths[:, None]


def turned(fields: Fields) -> Fields:
    """Steps first."""
    return {name: value.swapaxes(0, 1) if value.ndim > 1 else value for name, value in fields.items()}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("told", ["lengths", "mask", "masks", "valid"])
@pytest.mark.parametrize("layout", ["sequences", "time_major"])
def test_padding_proves_the_layout_and_is_left_out(world: str, told: str, layout: str) -> None:
    steps = play(world, 3000)
    fields, lengths = padded(steps)
    fields[told] = lengths if told == "lengths" else mask(lengths)
    found = detect(tensors(fields if layout == "sequences" else turned(fields)))
    assert found.mapping.layout == layout
    assert found.questions.keys() <= {"alignment"}
    planned = plan(tensors(fields if layout == "sequences" else turned(fields)), found.mapping)
    assert not agreement(planned.batch()[0], steps, "obs").wrong
    assert int(planned.gaps.sequences.lengths.sum()) == int(lengths.sum())
    assert any(f"`{told}` says so" in note for note in planned.notes)


@pytest.mark.parametrize(
    "change",
    [
        {"lengths": np.full(SEQUENCES, LONGEST)},
        {"lengths": np.arange(SEQUENCES)},
        {"lengths": np.arange(SEQUENCES) + 1},
        {"lengths": np.full(SEQUENCES, 1)},
        {"valid": np.ones((SEQUENCES, LONGEST), bool)},
        {"valid": np.arange(LONGEST) % 2 * np.ones((SEQUENCES, 1)) == 0},
        {"valid": np.arange(LONGEST) * np.ones((SEQUENCES, 1)) > 0},
        {"valid": np.arange(LONGEST) * np.ones((SEQUENCES, 1)) < 1},
    ],
)
def test_numbers_and_flags_that_the_fields_contradict_tell_of_no_padding(change: Fields) -> None:
    fields, _lengths = padded(play("CliffWalking-v1", 3000))
    mapping = Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state")
    assert plan(tensors(fields | change), mapping).gaps.padding is None


def test_zeros_alone_prove_no_padding_of_mostly_zeros() -> None:
    fields, lengths = padded(play("CliffWalking-v1", 3000))
    empty = {name: np.zeros_like(value) for name, value in fields.items()}
    mapping = Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state")
    assert plan(tensors(empty | {"lengths": lengths}), mapping).gaps.padding is None


@pytest.mark.parametrize("fill", [-1.0, np.nan])
def test_other_fillings_and_numbers_of_rows_are_padding_too(fill: float) -> None:
    steps = play("CartPole-v1", 3000)
    fields, lengths = padded(steps)
    rows = np.arange(LONGEST) + np.zeros((SEQUENCES, 1), int)
    fields |= {"lengths": lengths, "timesteps": rows, "worker": np.arange(SEQUENCES)[:, None] + 0 * rows}
    fields["obs"][~mask(lengths)] = fill
    fields["terminated"][~mask(lengths)] = True
    found = detect(tensors(fields))
    assert not agreement(plan(tensors(fields), found.mapping).batch()[0], steps, "obs").wrong


def test_a_mask_of_ends_is_no_padding() -> None:
    """Behind an end that stays set the state stays the same: its mask is the only thing that tells of the end."""
    fields, lengths = padded(play("CartPole-v1", 3000))
    del fields["terminated"], fields["truncated"]
    named = Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state")
    assert plan(tensors(fields | {"not_done": mask(lengths)}), named).gaps.padding is None
    ends = Mapping(fields={**named.fields, "done": "dones"}, alignment="state")
    told = {"dones": ~mask(lengths), "alive": mask(lengths)}
    assert plan(tensors(fields | told), ends).gaps.padding is None


def test_sequences_of_one_length_stay_whole() -> None:
    fields, _lengths = padded(play("CartPole-v1", 3000))
    short = {
        name: np.where(np.arange(LONGEST).reshape(1, -1, *[1] * (value.ndim - 2)) < 12, value, 0)
        for name, value in fields.items()
    }
    short["valid"] = np.broadcast_to(np.arange(LONGEST) < 12, (SEQUENCES, LONGEST)).copy()
    found = detect(tensors(short))
    batch = plan(tensors(short), found.mapping).batch()[0]
    assert batch.batch_size == (SEQUENCES, 12)


@pytest.mark.parametrize("name", ["obs", "rewards"])
def test_lengths_tell_of_no_padding_where_a_field_holds_something_behind_them(name: str) -> None:
    fields, lengths = padded(play("CartPole-v1", 3000))
    fields[name] = np.random.default_rng(0).normal(size=fields[name].shape)
    mapping = Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state")
    assert plan(tensors(fields | {"lengths": lengths}), mapping).gaps.padding is None
