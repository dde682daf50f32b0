"""Numbers of a report that do not exist are NaN."""

import math

import pytest
import torch
from torch import Tensor

from mouse.diagnosis.numbers import variance_ratio


@pytest.mark.parametrize("whole", [torch.empty(0), torch.ones(3)])
def test_a_share_of_no_variance_is_nan(whole: Tensor) -> None:
    assert math.isnan(variance_ratio(torch.zeros_like(whole), whole))


def test_a_variance_is_compared_with_another() -> None:
    assert variance_ratio(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])) == 0.25
