"""With which row an end of an episode stands."""

import pytest
import torch

from mouse.evidence.ends import end_lag, shows_reached

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
    assert shows_reached(shown, torch.tensor(action), None, END, END) is expected
    assert shows_reached(shown, torch.tensor(action), None, END, torch.zeros_like(END)) is expected
    paid = torch.tensor([1.0, 2.0, 3.0] * 8)
    assert shows_reached(shown, torch.tensor(action), paid, END, END) is False


def test_few_ends_tell_nothing() -> None:
    end = torch.tensor([False, True] + [False] * 4)
    assert shows_reached(torch.arange(6), torch.arange(6), None, end, end) is None
