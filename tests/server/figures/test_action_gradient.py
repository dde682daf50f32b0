"""The gradient by action is what backward leaves at the head, of the very loss that training calls."""

import math
from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse_dashboard.figures.action_gradient import ACTION_GRADIENT
from mouse_dashboard.figures.style import BLUE, ORANGE
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, transition_input


def left_by_backward(name: str, row: int, step: int) -> list[float]:
    """Call the public function and its backward."""
    batch, loss = random_batch(), LOSSES[name]
    heads: dict[str, Any] = {head: batch.out[head].clone().requires_grad_() for head in loss.heads}
    given: list[Any] = [batch.out.update(heads)] if name == "dqn" else list(heads.values())
    loss.function(batch.step_stream, *given, loss.config())[0].backward()
    gradient = heads[loss.heads[0]].grad[row, step]
    return plain(gradient if gradient.dim() == 1 else gradient.norm(dim=-1))


@pytest.mark.parametrize("name", LOSSES)
def test_bars_are_the_gradient_that_training_takes(name: str) -> None:
    bars = ACTION_GRADIENT.make(transition_input(name, random_batch(), 1, 4)).data[0]
    assert decoded(bars["y"]) == pytest.approx(left_by_backward(name, 1, 4), rel=1e-5, abs=1e-9)


def test_the_value_gradient_by_hand() -> None:
    """mse: 2 (sv - q_star) / entries, and nothing where the action does not exist."""
    batch = random_batch(1, 2, 3)
    batch.step_stream["q_star"][0] = torch.tensor([[1.0, 2.0, -math.inf], [0.0, -math.inf, -math.inf]])
    batch.out["sv"][0] = torch.tensor([[4.0, 2.0, 9.0], [0.0, 0.0, 0.0]])
    drawn = ACTION_GRADIENT.make(transition_input("sv", batch, 0, 0))
    bars, invalid = drawn.data
    assert decoded(bars["y"]) == pytest.approx([2 * 3 / 3, 0, 0])
    assert invalid["x"] == [2]
    assert drawn.note == "sequence 0, step 0: training moves each output against its bar; 1 invalid, hatched"


def test_the_executed_action_is_told_apart() -> None:
    batch = random_batch()
    batch.step_stream["action"][1, 5] = 2
    drawn = ACTION_GRADIENT.make(transition_input("dqn", batch, 1, 4))
    assert drawn.data[0]["marker"]["color"] == [BLUE, BLUE, ORANGE]
    assert drawn.note.endswith("; in orange: the executed action 2")
    assert drawn.layout["yaxis"]["title"]["text"] == "d mean(loss) / d dqn"


def test_of_vectors_the_length_is_shown() -> None:
    drawn = ACTION_GRADIENT.make(transition_input("vec_dqn", random_batch(), 1, 4))
    assert drawn.layout["yaxis"]["title"]["text"] == "|d mean(loss) / d vec_dqn|"
    assert "length of each vector's gradient" in drawn.note
    assert min(decoded(drawn.data[0]["y"])) == drawn.layout["yaxis"]["range"][0] == 0


def test_a_gradient_that_is_nan_is_said() -> None:
    batch = random_batch()
    batch.out["sp"][1, 4, 0] = math.nan
    assert "NaN left out" in ACTION_GRADIENT.make(transition_input("sp", batch, 1, 4)).note
