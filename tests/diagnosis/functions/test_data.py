"""The rules over the data alone, beside a loss function: they read what has the shape that its name says."""

import pytest
import torch
from torch import Tensor

from tests.diagnosis.functions.calls import normal, report, rules_of


def loss(value: Tensor) -> Tensor:
    return value.square().mean()


def test_rules_over_the_data_run_on_sequences() -> None:
    done = torch.zeros(16, 8, dtype=torch.int64)
    done[3, 5] = 7
    found = report(loss, value=normal(0, 16, 8), done=done)
    assert rules_of(found) == ["done-unknown-code"]
    assert found.findings[0].places == ((3, 5),)


def test_items_without_order_are_not_checked_for_what_needs_sequences() -> None:
    needs = {each.rule: each.needs for each in report(loss, value=normal(0), done=torch.full((128,), 7)).not_checked}
    assert needs["done-unknown-code"] == "sequences of two steps at least"


@pytest.mark.parametrize("done", [torch.full((16, 8), 7.0), torch.full((16, 8, 2), 7)])
def test_a_field_of_another_shape_or_type_than_its_name_says_is_left_to_the_function(done: Tensor) -> None:
    found = report(loss, value=normal(0, 16, 8), done=done)
    assert rules_of(found) == []
    assert "done-unknown-code" in {each.rule for each in found.not_checked}
