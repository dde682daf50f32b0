"""A sample is spread over the rows, takes each once, and meets no period of them."""

import pytest
import torch

from mouse.evidence.sampling import sample


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
