import math

import pytest
import torch

from mouse.losses.softmax import relative_entropy


def test_entropy_is_a_share_of_that_of_an_even_choice() -> None:
    low = -8e37
    log_p = (
        torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]]).log().clamp_min(low)
    )
    valid = torch.tensor([[True, True, False]] * 3 + [[True] * 3])
    tilted = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2)
    assert relative_entropy(log_p, valid).tolist() == pytest.approx([1, tilted, 0, 1], rel=1e-6)


def test_entropy_without_a_choice_is_no_number() -> None:
    assert relative_entropy(torch.tensor([[0.0, -8e37]]), torch.tensor([[True, False]])).isnan().all()
