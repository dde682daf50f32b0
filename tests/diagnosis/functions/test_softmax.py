"""A softmax over the wrong axis, and one of probabilities; and those that are right."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of

Categorical: Any = torch.distributions.Categorical


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


def by_cross_entropy(logits: Tensor, action: Tensor) -> Tensor:
    return functional.cross_entropy(logits, action)


def by_cross_entropy_of_keywords(logits: Tensor, action: Tensor) -> Tensor:
    return functional.cross_entropy(target=action, input=logits, reduction="sum")


def by_cross_entropy_of_each(logits: Tensor, action: Tensor) -> Tensor:
    return torch.nn.CrossEntropyLoss(reduction="none")(logits, action).mean()


def by_a_distribution(logits: Tensor, action: Tensor) -> Tensor:
    return -Categorical(logits=logits).log_prob(action).mean()


def by_a_normaliser(logits: Tensor, action: Tensor) -> Tensor:
    log_probs = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return -log_probs.gather(-1, action[:, None]).mean()


def by_a_logarithm_of_a_sum(logits: Tensor, action: Tensor) -> Tensor:
    return (logits.logsumexp(-1) - logits.gather(-1, action[:, None]).squeeze(-1)).mean()


def by_log_softmax(logits: Tensor, action: Tensor) -> Tensor:
    return -logits.log_softmax(-1).gather(-1, action[:, None]).mean()


def by_gumbel_softmax(logits: Tensor, action: Tensor) -> Tensor:
    return -functional.gumbel_softmax(logits).gather(-1, action[:, None]).mean()


NORMALISING = (
    *(by_cross_entropy, by_cross_entropy_of_keywords, by_cross_entropy_of_each, by_a_distribution, by_a_normaliser),
    *(by_a_logarithm_of_a_sum, by_log_softmax, by_gumbel_softmax),
)
ACTION = torch.arange(128) % 4


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("normalise", NORMALISING)
def test_whatever_takes_a_softmax_wants_logits(normalise: Callable[[Tensor, Tensor], Tensor], flat: bool) -> None:
    def of_probabilities(logits: Tensor, action: Tensor) -> Tensor:
        return normalise(functional.softmax(logits, -1).flatten(0, -2), action.flatten())

    def of_logits(logits: Tensor, action: Tensor) -> Tensor:
        return normalise(logits.flatten(0, -2), action.flatten())

    def of_logarithms(logits: Tensor, action: Tensor) -> Tensor:
        return normalise(logits.log_softmax(-1).flatten(0, -2), action.flatten())

    for shape in ((128,), (16, 8)):
        logits = normal(0, *shape, 4)
        fields = {"logits": logits} if flat else {"out": {"logits": logits}}
        found = only("softmax-misused", report(of_probabilities, **fields, action=ACTION.reshape(shape)))
        assert "is taken of what is nowhere negative and sums to 1: of probabilities, not logits" in found.message
        for loss in (of_logits, of_logarithms):
            assert "softmax-misused" not in rules_of(report(loss, **fields, action=ACTION.reshape(shape)))


def by_nll_loss(scores: Tensor, action: Tensor) -> Tensor:
    return functional.nll_loss(scores, action)


def by_kl_div(scores: Tensor, action: Tensor) -> Tensor:
    return functional.kl_div(scores, functional.one_hot(action, 4) * 0.6 + 0.1, reduction="batchmean")


@pytest.mark.parametrize("expecting", [by_nll_loss, by_kl_div])
def test_whatever_wants_logarithms_of_probabilities_is_not_given_probabilities(
    expecting: Callable[[Tensor, Tensor], Tensor],
) -> None:
    def of_probabilities(logits: Tensor, action: Tensor) -> Tensor:
        return expecting(logits.softmax(-1), action)

    def of_logarithms(logits: Tensor, action: Tensor) -> Tensor:
        return expecting(logits.log_softmax(-1), action)

    fields = {"out": {"logits": normal(0, 128, 4)}, "action": ACTION}
    found = only("softmax-misused", report(of_probabilities, **fields))
    assert found.message.endswith("of probabilities, not their logarithms.")
    assert "softmax-misused" not in rules_of(report(of_logarithms, **fields))


def test_probabilities_are_right_as_a_target_and_of_a_distribution_that_wants_them() -> None:
    def distilled(logits: Tensor, teacher: Tensor) -> Tensor:
        return functional.cross_entropy(target=teacher.softmax(-1), input=logits)

    def sampled(logits: Tensor, action: Tensor) -> Tensor:
        return -Categorical(probs=logits.softmax(-1)).log_prob(action).mean()

    def mixed(logits: Tensor, teacher: Tensor) -> Tensor:
        return -(logits.log_softmax(-1) + teacher.log_softmax(-1)).logsumexp(-1).mean() + logits.logsumexp(0).sum()

    fields = {"out": {"logits": normal(0, 128, 4)}, "teacher": normal(1, 128, 4), "action": ACTION}
    for loss in (distilled, sampled, mixed):
        assert "softmax-misused" not in rules_of(report(loss, **fields))


def test_an_axis_over_samples_of_what_sums_to_1_elsewhere_is_no_proof() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        weight = logits.softmax(-1).logsumexp(0)
        return (weight.sum() * reward).mean()

    assert "softmax-misused" not in rules_of(of_logits(loss, 128, 4))
    assert "softmax-misused" not in rules_of(of_logits(loss, 4, 4))


def one_row(logits: Tensor, action: Tensor) -> Tensor:
    return functional.cross_entropy(logits.softmax(-1)[0], action[0]) + 0 * logits.mean()


def constant_logits(logits: Tensor, action: Tensor) -> Tensor:
    return functional.cross_entropy(FIXED, action) + logits.mean()


FIXED = normal(0, 128, 4).softmax(-1)


@pytest.mark.parametrize("loss", [one_row, constant_logits])
def test_one_row_and_what_is_not_seen_are_no_proof(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    assert "softmax-misused" not in rules_of(report(loss, out={"logits": normal(0, 128, 4)}, action=ACTION))
