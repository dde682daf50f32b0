"""Flags that are 0 where an episode ends, as JAX and TD3 buffers store them, are read as what they say."""

from typing import Any

import numpy as np
import pytest
import torch

from mouse.errors import BatchError
from mouse.mapping import Mapping, detect, plan
from tests.recordings.files import tensors
from tests.recordings.worlds import Steps, play

STEPS = play("FrozenLake-v1", 600)
CODES = np.where(STEPS.terminated, 1, np.where(STEPS.truncated, 2, 0)).tolist()
ENDED = STEPS.ended.astype(int).tolist()


def fields_of(steps: Steps, **flags: Any) -> dict[str, torch.Tensor]:
    stored = {"observations": steps.obs, "actions": steps.action, "rewards": steps.reward}
    return tensors(stored | {"next_observations": steps.next_obs} | flags)


def codes_read(fields: dict[str, torch.Tensor], mapping: Mapping) -> list[int]:
    return [int(code) for code in plan(fields, mapping).columns["done"].values]


def test_masks_beside_ends_tell_deaths_from_time_limits() -> None:
    masks = (~STEPS.terminated).astype(np.float32)
    fields = fields_of(STEPS, dones_float=STEPS.ended.astype(np.float32), dones=STEPS.ended, masks=masks)
    found = detect(fields)
    assert (found.mapping.fields["terminated"], found.mapping.inverted) == ("masks", ("masks",))
    assert codes_read(fields, found.mapping) == CODES
    notes = plan(fields, found.mapping).notes
    assert "`done` is 1 where `masks` is 0, else 2 where `dones` is true, else 0." in notes


@pytest.mark.parametrize("name", ["not_done", "notdone"])
def test_a_flag_of_running_steps_is_known_by_its_name(name: str) -> None:
    fields = fields_of(STEPS, **{name: (~STEPS.ended).astype(np.float32)[:, None]})
    found = detect(fields)
    assert "ends" not in found.questions
    assert (found.mapping.fields["done"], found.mapping.inverted) == (name, (name,))
    assert codes_read(fields, found.mapping) == ENDED
    assert f"`{name}` is 0 where an episode ends: its opposite is read." in plan(fields, found.mapping).notes


def test_a_flag_of_no_telling_name_is_known_by_where_it_stands() -> None:
    fields = fields_of(STEPS, episode=STEPS.episode, alive=~STEPS.ended)
    found = detect(fields)
    assert (found.mapping.fields["done"], found.mapping.inverted) == ("alive", ("alive",))
    assert codes_read(fields, found.mapping) == ENDED


def test_masks_alone_are_a_question() -> None:
    loose = fields_of(STEPS, masks=~STEPS.terminated)
    del loose["next_observations"]
    assert "Does `masks` mark ends of episodes?" in detect(loose).questions["ends"]
    answered = detect(loose, {"terminated": "masks"})
    assert answered.mapping.inverted == ("masks",)
    assert [code == 1 for code in codes_read(loose, answered.mapping)] == STEPS.terminated.tolist()


def test_a_mask_that_is_0_elsewhere_is_another_field() -> None:
    padding = np.arange(len(STEPS)) < 500
    found = detect(fields_of(STEPS, dones=STEPS.ended, mask=padding, lit=np.arange(len(STEPS)) % 5 > 0))
    assert (found.mapping.fields.get("terminated"), found.mapping.inverted) == (None, ())


def test_a_flag_of_most_rows_that_says_it_marks_ends_is_taken_at_its_word() -> None:
    found = detect(fields_of(STEPS, done=np.arange(len(STEPS)) % 3 > 0))
    assert (found.mapping.fields["done"], found.mapping.inverted) == ("done", ())


@pytest.mark.parametrize(
    ("fields", "inverted", "message"),
    [
        ({}, ("masks",), "mapping.inverted: found 'masks', expected a field mapped to done, terminated, truncated"),
        ({"done": "codes"}, ("codes",), "mapping.fields.done: found 2 in codes, row 1, expected true or false, 1 or 0"),
    ],
)
def test_what_has_no_opposite_is_refused(fields: dict[str, str], inverted: tuple[str, ...], message: str) -> None:
    file = {"masks": torch.tensor([1, 0, 1]), "codes": torch.tensor([0, 2, 1]), "rewards": torch.zeros(3)}
    mapping = Mapping(fields={"reward": "rewards", **fields}, layout="flat", inverted=inverted)
    with pytest.raises(BatchError, match=message.replace("(", r"\(")):
        plan(file, mapping)
