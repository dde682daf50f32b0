"""With which row an end of an episode stands."""

import pytest
import torch

from mouse.evidence.ends import end_lag, jump_lag, shows_next_state

END = torch.tensor([False, False, True] * 8)


def test_episodes_begin_alike() -> None:
    obs = torch.tensor([0, 1, 2] * 8)
    assert end_lag(obs, END) == 0
    assert end_lag(obs, END.roll(1)) == 1
    assert end_lag(torch.zeros(24), END) is None
    assert end_lag(torch.tensor([0, 1, 2] * 2), END[:6]) is None
    wide = torch.randn(24, 3, generator=torch.Generator().manual_seed(0))
    assert end_lag(wide, END) is None
    wide[0::3] = wide[0] + wide[0::3] / 100
    assert end_lag(wide, END) == 0
    assert end_lag(wide, END.roll(1)) == 1


@pytest.mark.parametrize(
    ("obs", "action", "expected"),
    [
        ([0, 1, 9] * 8, [1, 2, 0] * 8, True),  # zeros, and a state that nothing leaves
        ([0, 1, 9] * 8, [1, 2, 2] * 8, True),  # the action before again
        ([0, 1, 9] * 8, [1, 2, 3] * 8, False),  # the only way into the goal
        ([0, 9, 9] * 8, [1, 2, 0] * 8, None),  # a state that is left elsewhere
        ([0, 1, 9] * 8, [0, 0, 0] * 8, None),  # zeros everywhere
        (None, [1, 2, 0] * 8, True),
        (None, [0, 0, 0] * 8, None),
    ],
)
def test_a_row_that_shows_what_is_reached_holds_no_action(
    obs: list[int] | None, action: list[int], expected: bool | None
) -> None:
    shown = torch.rand(24, 2, generator=torch.Generator().manual_seed(0)) if obs is None else torch.tensor(obs)
    assert shows_next_state(shown, torch.tensor(action), None, END, END) is expected
    assert shows_next_state(shown, torch.tensor(action), None, END, torch.zeros_like(END)) is expected
    paid = torch.tensor([1.0, 2.0, 3.0] * 8)
    assert shows_next_state(shown, torch.tensor(action), paid, END, END) is False


def test_few_ends_tell_nothing() -> None:
    end = torch.tensor([False, True] + [False] * 4)
    assert shows_next_state(torch.arange(6), torch.arange(6), None, end, end) is None


LENGTH, EPISODES = 8, 96
LAST = torch.arange(LENGTH * EPISODES) % LENGTH == LENGTH - 1


def walked(exact: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Episodes of a walk by the action of each row; each begins far from the end of the one before it.

    Where `exact`, observations come again.
    """
    seeded = torch.Generator().manual_seed(0)
    action = torch.randint(2, (LENGTH * EPISODES,), generator=seeded)
    begins = (torch.arange(EPISODES) % 3 * 40).unsqueeze(1)
    moves = (2 * action - 1).view(EPISODES, LENGTH).roll(1, dims=1).index_fill(1, torch.tensor([0]), 0)
    place = (begins + moves.cumsum(1)).flatten()
    if exact:
        return place, action
    offset = 1000.0 * torch.rand(EPISODES, 1, generator=seeded).repeat_interleave(LENGTH, 0)
    noise = 1e-3 * torch.randn(len(place), 1, generator=seeded)
    return place.unsqueeze(1) + offset + noise, action


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("rows_later", "expected"), [(0, 0), (1, 1), (-1, 0), (3, None)])
def test_no_step_leads_from_one_episode_to_the_next(exact: bool, rows_later: int, expected: int | None) -> None:
    obs, action = walked(exact)
    inside = torch.ones(len(obs) - 1, dtype=torch.bool)
    assert jump_lag(obs, action[:-1], LAST.roll(rows_later), inside) == expected


def test_jumps_tell_nothing_in_a_random_world_or_of_few_ends() -> None:
    obs, action = walked(exact=True)
    inside, seeded = torch.ones(len(obs) - 1, dtype=torch.bool), torch.Generator().manual_seed(0)
    assert jump_lag(torch.randint(9, obs.shape, generator=seeded), action[:-1], LAST, inside) is None
    half = torch.arange(len(LAST)) < len(LAST) // 2
    assert jump_lag(obs, action[:-1], torch.where(half, LAST, LAST.roll(1)), inside) is None
    few = LAST & (torch.arange(len(LAST)) < 2 * LENGTH)
    assert jump_lag(obs, action[:-1], few, inside) is None
    assert jump_lag(obs[:9], action[:8], LAST[:9], inside[:8]) is None
