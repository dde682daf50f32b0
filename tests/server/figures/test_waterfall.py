"""The waterfall of one transition, worked by hand."""

import math
from typing import Any

import pytest
import torch

from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.figures.waterfall import WATERFALL
from tests.server.batches import random_batch
from tests.server.figures.parts import transition_input


def batch_by_hand() -> Any:
    """At transition 1 of row 0 the raw reward is 4, of a row with mean 2; q_taken is 1.5, the best next value 10."""
    batch: Any = random_batch(1, 4, 2)
    batch.step_stream["reward"][0] = torch.tensor([99.0, 1.0, 4.0, 1.0])
    batch.step_stream["done"][0] = 0
    batch.step_stream["action"][0] = 1
    batch.out["dqn"][0, 1] = torch.tensor([-7.0, 1.5])
    batch.out["dqn_target"][0, 2] = torch.tensor([10.0, 3.0])
    return batch


CFG = DqnLossConfig(gamma=0.5, reward_scale=3.0, reward_shift=-2.0, normalize_reward_mean=True)


def test_every_step_has_its_number_and_starts_where_the_last_one_ended() -> None:
    # 4 - 2 = 2, 2 * 3 - 2 = 4, 4 + 0.5 * 10 = 9, 9 - 1.5 = 7.5
    drawn = WATERFALL.make(transition_input("dqn", batch_by_hand(), 0, 1, CFG))
    bars = drawn.data[0]
    assert bars["text"] == ["4", "-2", "+2", "+5", "9", "1.5", "+7.5"]
    assert bars["base"] == [0, 4, 2, 4, 0, 0, 1.5]
    assert bars["x"] == [4, -2, 2, 5, 9, 1.5, 7.5]
    assert [said for _, said in bars["customdata"]] == [
        "reward[t+1]",
        "minus the mean of the sequence: 2",
        "2 * 3 + -2 = 4",
        "0.5 * 10 = 5",
        "4 + 5 = 9",
        "q[action 1] = 1.5",
        "9 - 1.5 = 7.5",
    ]
    assert drawn.note == "sequence 0, transition 1: td_error = 9 - 1.5 = 7.5"


def test_numbers_that_are_not_finite_keep_their_label_and_lose_their_bar() -> None:
    batch = batch_by_hand()
    batch.out["dqn_target"][0, 2] = math.inf
    drawn = WATERFALL.make(transition_input("dqn", batch, 0, 1, CFG))
    assert drawn.data[0]["text"][3:] == ["+inf", "inf", "1.5", "+inf"]
    assert drawn.data[0]["x"][3:] == [0, 0, 1.5, 0]
    assert drawn.note.endswith("no bar for what is not finite: + discount * max Q, td_target, td_error")


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        ({}, "both switches are off: 4"),
        ({"normalize_reward_std": True}, "divided by its standard deviation: 2.3094"),  # 4 / sqrt(3)
    ],
)
def test_the_normalisation_is_told_as_the_config_has_it(switches: dict[str, bool], said: str) -> None:
    drawn = WATERFALL.make(transition_input("dqn", batch_by_hand(), 0, 1, DqnLossConfig(**switches)))
    assert drawn.data[0]["customdata"][1][1] == said
