"""A time limit that no end marks is told by what rows show so many steps after an episode begins."""

import pytest
import torch
from torch import Tensor

from mouse.evidence.limits import find_limit

ROWS = 1200


def walk(limit: int, back: float = 0.0, episodes: int = 60) -> tuple[Tensor, Tensor]:
    """Numbers of places that an agent walks through at random, and which rows begin an episode that a limit cuts.

    After one third of the episodes an end is marked, so that beginnings are known; `back` is how often the world leads
    back to the first place.
    """
    made = torch.Generator().manual_seed(0)
    shown = 1 + torch.randint(9, (episodes, limit), generator=made)
    shown[torch.rand(shown.shape, generator=made) < back] = 0
    shown[:, 0] = 0
    begins = torch.zeros(episodes, limit, dtype=torch.bool)
    begins[::3, 0] = True
    return shown.flatten(), begins.flatten()


def found(shown: Tensor, begins: Tensor) -> tuple[int, list[int]] | None:
    limit = find_limit(shown, begins, ~begins[1:])
    return None if limit is None else (limit.steps, [row for row in range(1, ROWS) if limit.cut[row - 1]])


@pytest.mark.parametrize("back", [0.0, 0.2])
def test_rows_that_begin_an_episode_without_an_end_are_found(back: float) -> None:
    shown, begins = walk(20, back)
    limit = found(shown, begins)
    assert limit is not None
    assert limit[0] == 20
    assert limit[1] == [row for row in range(20, ROWS, 20) if not begins[row]]


def test_a_world_that_leads_back_at_any_time_has_no_limit() -> None:
    shown, begins = walk(20, 0.95)
    assert found(shown, begins) is None


def test_few_beginnings_do_not_tell() -> None:
    shown, begins = walk(20)
    begins[400:] = False
    assert int(begins.sum()) > 5
    begins[200:] = False
    assert found(shown, begins) is None


def test_a_world_of_phases_that_are_seen_at_no_other_time_does_not_tell() -> None:
    shown = torch.arange(ROWS) % 20
    begins = torch.arange(ROWS) % 60 == 0
    assert found(shown, begins) is None


def test_where_every_end_is_marked_there_is_none() -> None:
    shown, _begins = walk(20)
    assert found(shown, torch.arange(ROWS) % 20 == 0) is None
