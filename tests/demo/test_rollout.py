from typing import Any

import pytest
import torch
from tensordict import TensorDict

from mouse.demo.environment import TIME_LIMIT, frozen_lake
from mouse.demo.rollout import NO_ACTION, rollout
from mouse.demo.value_iteration import optimal_values


class Script:
    """Observation 10 * episode + time, reward 100 * observation + action; episodes end as `endings` says."""

    def __init__(self, endings: list[tuple[int, bool, bool]]) -> None:
        self.endings = endings
        self.episode, self.time = -1, 0

    def reset(self, *, seed: int | None = None) -> tuple[int, dict[str, Any]]:
        self.episode, self.time = self.episode + 1, 0
        return 10 * self.episode, {"seed": seed}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.time += 1
        length, terminated, truncated = self.endings[self.episode]
        assert self.time <= length, "stepped after the end"
        ended = self.time == length
        observation = 10 * self.episode + self.time
        return observation, 100.0 * observation + action, terminated and ended, truncated and ended, {}


def test_each_row_holds_what_led_to_it() -> None:
    endings = [(2, True, False), (1, False, True), (1, True, True), (9, False, False)]
    q_star = torch.tensor([[0.0, 1.0]], dtype=torch.float64).repeat(40, 1)
    torch.manual_seed(0)
    batch = rollout(Script(endings), q_star, (1, 9), n_actions=2)
    # episode 0: reset, two steps, terminal | 1: reset, a step, truncated | 2: both at once counts as terminal | 3
    assert batch["obs_discrete"].tolist() == [[0, 1, 2, 10, 11, 20, 21, 30, 31]]
    assert batch["time"].tolist() == [[0, 1, 2, 0, 1, 0, 1, 0, 1]]
    assert batch["done"].tolist() == [[0, 0, 1, 0, 2, 0, 1, 0, 0]]
    reward_without_action = batch["reward"] - batch["action"]
    assert reward_without_action.tolist() == [[0, 100, 200, 0, 1100, 0, 2100, 0, 3100]]


def test_a_reset_row_has_no_action_reward_or_end(lake: TensorDict) -> None:
    resets = lake["time"] == 0
    assert resets[:, 0].all()
    assert int(resets.sum()) > 2 * len(lake), "several episodes per row"
    assert (lake["action"][resets] == NO_ACTION).all()
    assert (lake["reward"][resets] == 0).all()
    assert (lake["done"][resets] == 0).all()
    ended = lake["done"][:, :-1] != 0
    assert torch.equal(resets[:, 1:], ended), "a reset follows each end, and nothing else"


def test_every_other_row_is_an_outcome_of_the_real_environment(lake: TensorDict) -> None:
    _environment, table = frozen_lake()
    rows, steps = (lake["time"] != 0).nonzero(as_tuple=True)
    assert len(rows) > 1000
    for row, step in zip(rows.tolist(), steps.tolist(), strict=True):
        here, before = lake[row, step], lake[row, step - 1]
        outcomes = table[int(before["obs_discrete"])][int(here["action"])]
        observed = (int(here["obs_discrete"]), pytest.approx(float(here["reward"])), int(here["done"]) == 1)
        assert any(outcome[1:] == observed for outcome in outcomes), (row, step)


def test_the_time_limit_truncates_and_ends_elsewhere_are_terminal(lake: TensorDict) -> None:
    assert (lake["time"] <= TIME_LIMIT).all()
    truncated, terminal = lake["done"] == 2, lake["done"] == 1
    assert truncated.any()
    assert (lake["time"][truncated] == TIME_LIMIT).all()
    assert terminal.any()
    assert set(lake["reward"][terminal].tolist()) == {1.0, -1.0}, "the goal and the holes"


def test_actions_are_sometimes_optimal_sometimes_not_and_never_padding(lake: TensorDict) -> None:
    stepped = lake["time"][:, 1:] != 0
    before, action = lake["q_star"][:, :-1][stepped], lake["action"][:, 1:][stepped]
    optimal = (action == before.argmax(dim=-1)).double()
    assert 0.4 < float(optimal.mean()) < 0.9
    assert set(action.tolist()) == {0, 1, 2, 3}


def test_q_star_is_that_of_the_observation_padded_with_minus_infinity(lake: TensorDict) -> None:
    _environment, table = frozen_lake()
    q_star = optimal_values(table, 0.99)
    torch.testing.assert_close(lake["q_star"][..., :4], q_star[lake["obs_discrete"]].float(), atol=0, rtol=0)
    assert (lake["q_star"][..., 4:] == -torch.inf).all()
    assert lake["q_star"].shape[-1] == 6


def test_fields_have_the_types_of_a_batch(lake: TensorDict) -> None:
    assert {name: value.dtype for name, value in lake.items()} == {
        "action": torch.int64,
        "reward": torch.float32,
        "done": torch.int64,
        "q_star": torch.float32,
        "time": torch.int64,
        "obs_discrete": torch.int64,
    }


def test_progress_counts_the_rows() -> None:
    shares: list[float] = []
    rollout(Script([(9, False, False)] * 4), torch.zeros(100, 2).double(), (4, 5), 2, shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


@pytest.fixture(scope="module")
def lake() -> TensorDict:
    environment, table = frozen_lake()
    environment.reset(seed=3)
    torch.manual_seed(3)
    return rollout(environment, optimal_values(table, 0.99), (16, 100), n_actions=6)
