"""Next states whose names do not say so: proven by values and names, or asked about."""

from typing import Any

import numpy as np
import pytest
import torch

from mouse.errors import BatchError
from mouse.mapping import Mapping, apply, detect, plan
from tests.mapping.test_recordings import WORLDS, is_right, read
from tests.recordings import layouts
from tests.recordings.files import tensors
from tests.recordings.layouts import Fields
from tests.recordings.worlds import Steps, play

SAID = {"action": "a", "reward": "r", "done": "d"}


def tuples(steps: Steps, after: str = "s2") -> Fields:
    """What a hand-written buffer holds."""
    return {"s": steps.obs, "a": steps.action, "r": steps.reward, after: steps.next_obs, "d": steps.ended}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("after", ["s2", "ns", "s_prime", "s_p", "s_tp1"])
def test_names_and_values_together_prove_them(world: str, after: str) -> None:
    steps = play(world, 900)
    found, right = read(tuples(steps, after), steps, "s", said=SAID, either_end=True)
    assert (found.mapping.next_states, found.certain) == ({"s": after}, True)
    assert any(
        note.startswith(f"`{after}` is the next state of `s`: it is `s` of the row after in") for note in found.notes
    )
    is_right(right, steps, ends=int(steps.ended.sum()))


def test_names_of_buffers_are_compared_without_what_says_later() -> None:
    steps = play("CartPole-v1", 600)
    fields = {
        "obs_buf": steps.obs,
        "obs2_buf": steps.next_obs,
        "ob_t": steps.obs[:, :2],
        "ob_tp1": steps.next_obs[:, :2],
    }
    fields |= {"action": steps.action, "reward": steps.reward, "done": steps.ended}
    assert detect(tensors(fields)).mapping.next_states == {"obs_buf": "obs2_buf", "ob_t": "ob_tp1"}


@pytest.mark.parametrize("world", WORLDS)
def test_values_alone_are_a_question(world: str) -> None:
    steps = play(world, 900)
    found, right = read(tuples(steps, "x"), steps, "s", said=SAID, either_end=True)
    assert "but its name does not say so. Read so." in found.questions["next_states"]
    is_right(right, steps, ends=int(steps.ended.sum()))


@pytest.mark.parametrize("world", WORLDS)
def test_a_name_alone_is_a_question_and_read_as_transitions(world: str) -> None:
    steps = play(world, 900)
    order = np.random.default_rng(0).permutation(900)
    fields = {name: value[order] for name, value in tuples(steps).items()}
    found, right = read(fields, steps, "s", said=SAID, either_end=True)
    assert found.mapping.layout == "transitions"
    assert "as its name may say? It is `s` of the row after in" in found.questions["next_states"]
    assert (right.pairs, right.wrong) == (900, ())


@pytest.mark.parametrize("layout", ["sequences", "time_major"])
def test_they_are_found_in_two_dimensions(layout: str) -> None:
    steps = play("CartPole-v1", 800, environments=4)
    fields = {name: value.reshape(200, 4, *value.shape[1:]) for name, value in tuples(steps).items()}
    if layout == "sequences":
        fields = {name: value.swapaxes(0, 1) for name, value in fields.items()}
    found, right = read(fields, steps, "s", said=SAID, either_end=True)
    assert (found.mapping.next_states, found.mapping.layout) == ({"s": "s2"}, layout)
    assert not right.wrong


@pytest.mark.parametrize("world", WORLDS)
def test_other_fields_of_the_same_shape_are_no_next_states(world: str) -> None:
    steps = play(world, 900)
    rng = np.random.default_rng(0)
    before = np.concatenate([steps.obs[:1], steps.obs[:-1]])
    more: Any = {
        "goal": np.repeat(steps.obs[::100], 100, 0), "cam": rng.random((900, 6)), "far": rng.random((900, 6)),
        "prev_obs": before, "last.obs": before, "k": np.arange(900), "k_later": np.arange(1, 901),
        "short": steps.obs[:9],
        "return": rng.random(900), "return_later": rng.random(900), "one": np.ones((900, 3)), "same": np.ones((900, 3)),
        "wave": (1j * rng.random(900)).astype(np.complex64), "size": np.array(900),
    }  # fmt: skip
    fields = tensors(layouts.loop(steps) | more)
    assert detect(fields).mapping.next_states == {}
    known = tensors(layouts.loop(steps) | {"next_obs": steps.next_obs, "copy": steps.next_obs})
    assert detect(known).mapping.next_states == {}


def test_of_wide_fields_some_numbers_are_compared() -> None:
    frames = torch.randint(255, (400, 110, 100), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    fields = {"image": frames[:-1], "image2": frames[1:], "actions": torch.arange(399) % 3, "rewards": torch.zeros(399)}
    assert detect(fields).mapping.next_states == {"image": "image2"}


def test_what_the_mapping_says_makes_pairs() -> None:
    fields = {"s": torch.tensor([1, 2]), "q": torch.tensor([8, 9]), "a": torch.tensor([0, 1])}
    mapping = Mapping(fields={"action": "a"}, layout="transitions", next_states={"s": "q"})
    step_stream, _out = apply(fields, mapping)
    assert (step_stream["s"].tolist(), step_stream["action"].tolist()) == ([[1, 8], [2, 9]], [[0, 0], [0, 1]])
    assert "q" not in set(step_stream.keys())


@pytest.mark.parametrize(
    ("after", "found"), [("s", "'s' of shape [2]"), ("wide", "'wide' of shape [2, 3]"), ("x", "'x'")]
)
def test_they_are_other_fields_of_the_same_shape(after: str, found: str) -> None:
    fields = {"s": torch.tensor([1, 2]), "wide": torch.zeros(2, 3), "a": torch.tensor([0, 1])}
    with pytest.raises(BatchError) as refused:
        plan(fields, Mapping(fields={"action": "a"}, layout="transitions", next_states={"s": after}))
    assert str(refused.value).startswith(f"mapping.next_states: found {found}, expected")


def test_one_value_throughout_is_the_next_state_of_nothing() -> None:
    """Text is read as numbers: `run` is the same in each row, and `event` mostly the one that is called 0."""
    event = torch.zeros(200, dtype=torch.int64)
    event[9::10] = 1
    fields = {"action": torch.arange(200) % 2, "reward": torch.ones(200), "event": event}
    assert detect(fields | {"run": torch.zeros_like(event)}).mapping.next_states == {}
