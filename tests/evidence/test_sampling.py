"""A sample is spread over the rows, takes each once, and meets no period of them."""

import pytest
import torch

from mouse.evidence.sampling import first_rows, sample


def test_all_of_a_few_rows_are_looked_at() -> None:
    assert sample(torch.arange(0), 5).tolist() == []
    assert sample(torch.arange(5), 5).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("period", [2, 3, 7, 16, 64, 250])
def test_many_rows_are_sampled_at_every_place_of_a_period(period: int) -> None:
    chosen = sample(torch.arange(64_000), 4000)
    assert bool((chosen.diff() > 0).all())
    count = torch.bincount(chosen % period, minlength=period).double()
    assert float(count.min()) > 0.7 * 4000 / period
    spread = torch.bincount(chosen // 6400).double()
    assert float(spread.min()) > 0.9 * 400


def test_of_the_first_rows_as_many_numbers_are_taken_of_each_as_the_limit_allows() -> None:
    narrow = torch.arange(12).view(4, 3)
    assert first_rows(narrow, 2).equal(narrow[:2])
    assert first_rows(narrow[:, 0], 9).tolist() == [[0], [3], [6], [9]]
    wide = first_rows(torch.arange(3 * 2_000_000).view(1, 3, 2_000_000), 9, rank=2)
    assert wide.shape == (1, 3, 1_000_000)
    assert wide[0, 1, :2].tolist() == [2_000_000, 2_000_002]
