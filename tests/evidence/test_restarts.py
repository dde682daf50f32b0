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


def test_probability_is_that_of_a_binomial() -> None:
    usual = torch.tensor([[0.0]] * 1 + [[9.0]] * 9)
    few = torch.tensor([[0.0]] * 3 + [[9.0]] * 0)
    found = restarts(few, BEGUN, usual)  # 0.1 ** 3 is the limit itself, and rounding decides; one more is clear
    assert found is not None
    more = restarts(torch.cat([few, few[:1]]), BEGUN, usual)
    assert more is not None
    assert more.all()
    diluted = restarts(torch.cat([few, torch.full((10, 1), 9.0)]), BEGUN, usual)  # P(X >= 3; 13, 0.1) = 0.13
    assert diluted is not None
    assert not diluted.any()
