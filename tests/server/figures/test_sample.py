"""Figures that need every action look at all steps of a small batch, and at a sample of a large one that says so."""

from typing import Any

import pytest
import torch

from mouse_dashboard.compute import stage_one
from mouse_dashboard.figures.inputs import sample_indices
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import loss_input, terms_of


def test_all_are_looked_at_where_they_fit() -> None:
    assert sample_indices(5, 5).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("count", "most"), [(6, 5), (1_000, 7), (1 << 20, 4096), (99_999, 1)])
def test_of_more_one_comes_out_of_each_part(count: int, most: int) -> None:
    index: list[int] = plain(sample_indices(count, most))
    assert len(index) == most
    for part, chosen in enumerate(index):
        assert part * count // most <= chosen < (part + 1) * count // most
    assert plain(sample_indices(count, most)) == index, "no flicker"


def test_a_sample_does_not_keep_step_with_the_sequences() -> None:
    assert (sample_indices(64 * 64, 64) % 64).unique().numel() > 32


@pytest.mark.parametrize("blocks", [1, 4])
@pytest.mark.parametrize("name", ["sp", "sv"])
def test_check_33_terms_of_a_sample_are_the_librarys_own_and_the_note_says_of_how_many(
    name: str, blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = random_batch()
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 4 * 7 * 3 // blocks)
    part = loss_input(name, batch, torch.tensor([1, 3, 8, 9, 20, 27]))
    sample = part.sample(9)
    whole: Any = terms_of(part.loss, batch)
    everything: Any = batch
    found = part.loss.terms(sample.inputs, part.cfg)
    indices: list[int] = plain(sample.index)
    assert len(indices) == 3
    for at, index in enumerate(indices):
        row, step = part.place(index)
        assert torch.equal(found.loss[0, at], whole.loss[row, step])
        assert torch.equal(sample.heads[name][at], everything.out[name][row, step])
    assert sample.note == "estimated from 3 of 6 steps drawn at random"


def test_a_sample_of_everything_needs_no_note() -> None:
    assert loss_input("sp").sample(1_000).note == ""
