"""Names of actions on an axis: all while they are few, then every second, every third."""

import pytest

from mouse_dashboard.figures.style import MAX_NAMED_ACTIONS, tick_step


@pytest.mark.parametrize(("actions", "step"), [(1, 1), (9, 1), (10, 2), (18, 2), (19, 3)])
def test_every_so_many_actions_are_named(actions: int, step: int) -> None:
    assert tick_step(actions) == step
    assert len(range(0, actions, step)) <= MAX_NAMED_ACTIONS
