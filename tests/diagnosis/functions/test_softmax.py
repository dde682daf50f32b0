"""A softmax over the wrong axis, and one of probabilities; and those that are right."""

import pytest
import torch
from torch import Tensor

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of


def of_logits(loss: object, *shape: int, scale: float = 1.0) -> Report:
    return report(loss, out={"logits": scale * normal(0, *shape)}, reward=normal(1, *shape[:-1]))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("shape", [(128, 4), (16, 8, 4)])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_axis_that_it_sums_over_is_named(shape: tuple[int, ...], axis: int) -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        return -(logits.softmax(dim=axis)[..., 0] * reward).mean()

    if axis == len(shape) - 1:
        assert rules_of(of_logits(loss, *shape)) == []
        return
    found = only("softmax-misused", of_logits(loss, *shape))
    assert (found.severity, found.field) == ("warning", "loss.logits.softmax(dim=axis)")
    assert f"sums to 1 over axis {axis}, {shape[axis]} places of the batch" in found.message


def test_probabilities_are_no_logits() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        probability = logits.softmax(dim=-1)
        again = probability.log_softmax(dim=-1)
        entropy = probability.softmax(dim=-1)
        return -(again[..., 0] * reward).mean() + entropy.square().mean()

    found = only("softmax-misused", of_logits(loss, 128, 4))
    assert "`probability.log_softmax(dim=-1)` on line" in found.message
    assert "of probabilities, not logits" in found.message


def test_a_log_softmax_of_a_log_softmax_is_the_same_again() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        return -(logits.log_softmax(dim=-1).log_softmax(dim=-1)[..., 0] * reward).mean()

    assert rules_of(of_logits(loss, 128, 4)) == []


def test_weights_over_the_samples_themselves_are_right() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        weight = reward.softmax(dim=0)
        pairs = torch.mm(logits, logits.T).softmax(dim=0)
        return -(weight * logits[:, 0]).sum() + pairs.square().mean()

    assert "softmax-misused" not in rules_of(of_logits(loss, 128, 4))


def test_a_few_places_are_no_proof() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        return -(logits.softmax(dim=0)[..., 0] * reward).mean()

    assert rules_of(of_logits(loss, 15, 4)) == []
    assert "softmax-misused" in rules_of(of_logits(loss, 16, 4))
