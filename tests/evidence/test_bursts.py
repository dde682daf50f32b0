"""Rows of several environments that write some steps each, in turn, are told by where later rows go on."""

import pytest
import torch
from torch import Tensor

from mouse.evidence.bursts import resumed_pairs

STEPS = 400


def walks(environments: int, burst: int, *, numbers: bool = False) -> tuple[Tensor, Tensor]:
    """Places and actions of walks to the left and right, as many steps of each in turn; as numbers with velocities."""
    made = torch.Generator().manual_seed(0)
    action = torch.randint(2, (environments, STEPS), generator=made)
    move = 2 * action - 1
    place = torch.nn.functional.pad(move.cumsum(1)[:, :-1], (1, 0)) + 30 * torch.arange(environments).unsqueeze(1)
    if numbers:
        speed = torch.nn.functional.pad((0.1 * move).cumsum(1)[:, :-1], (1, 0))
        place = torch.stack([(0.02 * speed).cumsum(1) + torch.rand(environments, 1, generator=made), speed], dim=2)
    return in_turn(place, burst), in_turn(action, burst)


def in_turn(values: Tensor, burst: int) -> Tensor:
    """Rows of several environments, [N, S, ...], so many of each in turn."""
    return values.reshape(len(values), -1, burst, *values.shape[2:]).transpose(0, 1).flatten(0, 2)


def found(obs: Tensor, action: Tensor) -> Tensor | None:
    return resumed_pairs(obs, action[:-1], torch.ones(len(obs) - 1, dtype=torch.bool))


@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize(("environments", "burst"), [(2, 5), (4, 10), (3, 20)])
def test_rows_at_which_another_environment_goes_on_are_found(environments: int, burst: int, *, numbers: bool) -> None:
    cut = found(*walks(environments, burst, numbers=numbers))
    assert cut is not None
    rows = cut.nonzero().flatten() + 1
    assert bool((rows % burst == 0).all())
    assert len(rows) >= 0.5 * (environments * STEPS / burst - environments)


@pytest.mark.parametrize("numbers", [False, True])
def test_rows_of_one_environment_are_in_order(*, numbers: bool) -> None:
    assert found(*walks(1, STEPS, numbers=numbers)) is None


@pytest.mark.parametrize("numbers", [False, True])
def test_environments_one_after_the_other_go_on_nowhere(*, numbers: bool) -> None:
    assert found(*walks(4, STEPS, numbers=numbers)) is None


def test_what_cannot_be_compared_tells_nothing() -> None:
    obs, action = walks(2, 5, numbers=True)
    assert found(obs[:60], action[:60]) is None
    assert found(torch.arange(len(obs)), action) is None
    assert found(obs, torch.arange(len(obs))) is None
    obs[0, 0] = torch.nan
    assert found(obs, action) is None


def test_an_observation_may_be_one_number() -> None:
    made = torch.Generator().manual_seed(0)
    action = torch.randint(3, (2, 400), generator=made)
    move = (action - 1) * 0.37 + 0.01 * torch.randn(action.shape, generator=made)
    place = torch.nn.functional.pad(move.cumsum(1)[:, :-1], (1, 0)) + torch.tensor([[0.0], [30.0]])
    assert found(in_turn(place, 8), in_turn(action, 8)) is not None
