"""Rows without order are items of one step."""

import dataclasses
from typing import Any

import pytest
import torch

from mouse.losses.fields import names
from mouse.mapping import Mapping, apply, plan
from tests.mapping.files import STATES, gymnasium, refused

ITEMS = Mapping(fields={"reward": "rewards", "action": "actions"}, layout="items")


@pytest.mark.parametrize("alignment", ["next_state", "state"])
def test_rows_without_order_are_items_of_one_step_and_nothing_is_shifted(alignment: Any) -> None:
    mapping = dataclasses.replace(ITEMS, alignment=alignment, shifted=("rewards", "observations"))
    fields = gymnasium()
    step_stream, out = apply(fields, mapping)
    assert step_stream.batch_size == out.batch_size == (6, 1)
    assert step_stream["reward"].flatten().tolist() == fields["rewards"].tolist()
    assert step_stream["action"].flatten().tolist() == fields["actions"].tolist()
    assert step_stream["observations"].shape == (6, 1, 1)
    assert step_stream["observations"].flatten().tolist() == STATES
    notes = plan(fields, mapping).notes
    assert notes[-1] == "6 rows without order: each is one item, and no two of them form a transition."
    assert not any("shifted" in note or "next observations" in note for note in notes)


def test_items_need_no_field_that_mouse_knows() -> None:
    fields = {"chosen": torch.arange(3.0), "refused": torch.zeros(3, 4)}
    step_stream, out = apply(fields, Mapping(layout="items"))
    assert {name: tuple(value.shape) for name, value in step_stream.items()} == {
        "chosen": (3, 1),
        "refused": (3, 1, 4),
    }
    assert names(out) == set()


@pytest.mark.parametrize("other", [torch.zeros(2), torch.zeros(0)])
def test_items_of_different_or_no_lengths_need_a_field_that_tells_how_many_there_are(other: torch.Tensor) -> None:
    fields = {"chosen": torch.zeros(len(other) and 3), "refused": other}
    error = refused(fields, Mapping(layout="items"))
    assert (error.field, "at least one of" in str(error)) == ("mapping.fields", True)


def test_a_field_of_another_length_than_the_items_is_left_out_and_named() -> None:
    fields = gymnasium() | {"weights": torch.zeros(4)}
    assert "weights" not in names(apply(fields, ITEMS)[0])
    assert "Dropped, because it does not start with the shape [6]: weights." in plan(fields, ITEMS).notes


@pytest.mark.parametrize("ends", [{}, {"done": "terminations"}])
def test_nothing_is_said_of_the_order_or_the_ends_of_items(ends: dict[str, str]) -> None:
    mapping = dataclasses.replace(ITEMS, fields={**ITEMS.fields, **ends})
    assert plan(gymnasium(), mapping).doubts == ()
