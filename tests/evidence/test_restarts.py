"""Observations after a jump that are such as episodes begin with, and those that are not."""

import pytest
import torch

from mouse.evidence.restarts import restarts

BEGUN = torch.tensor([[-1.0], [0.0], [0.5], [0.5], [1.0]])
USUAL = torch.linspace(-50, 50, 101).unsqueeze(1)
"""Three of 101 rows lie between -1.5 and 1.5."""


def test_what_lies_where_episodes_begin_is_told_from_what_does_not() -> None:
    landed = torch.tensor([[1.4], [1.6], [-1.4], [0.0], [40.0]])
    found = restarts(landed, BEGUN, USUAL)
    assert found is not None
    assert found.tolist() == [True, False, True, True, False]


@pytest.mark.parametrize(("count", "of"), [(1, 1), (2, 80), (0, 5), (0, 0)])
def test_as_many_as_of_any_rows_are_chance(count: int, of: int) -> None:
    landed = torch.tensor([[0.0]] * count + [[40.0]] * (of - count)).view(of, 1)
    found = restarts(landed, BEGUN, USUAL)
    assert found is not None
    assert not found.any()


def test_few_beginnings_do_not_say_where_others_lie() -> None:
    assert restarts(torch.zeros(9, 1), BEGUN[:4], USUAL) is None


def test_where_every_row_is_a_beginning_nothing_tells() -> None:
    found = restarts(torch.zeros(9, 2), torch.zeros(5, 2), torch.zeros(20, 2))
    assert found is not None
    assert not found.any()


@pytest.mark.parametrize(
    ("count", "of", "counts"),
    [(4, 4, True), (2, 2, False), (5, 13, False), (6, 13, True)],  # 0.0001, 0.01, 0.0065, 0.00092
)
def test_probability_is_that_of_a_binomial(count: int, of: int, counts: bool) -> None:
    usual = torch.tensor([[0.0]] + [[9.0]] * 9)
    landed = torch.tensor([[0.0]] * count + [[9.0]] * (of - count))
    found = restarts(landed, BEGUN, usual)
    assert found is not None
    assert int(found.sum()) == (count if counts else 0)
