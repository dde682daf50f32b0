"""Losses of torch that take the mean themselves, such as ``F.mse_loss(value, target)``, are split among the places."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from mouse.tracing.reductions import Entries
from tests.tracing.batches import A, B, S, explained, fields, normal, output, shares

VALUE, LOGITS = output()["value"], output()["logits"]
REWARD, ACTION = fields()["reward"], fields()["action"]
WEIGHT = torch.tensor([0.5, 1.0, 2.0])
criterion = nn.SmoothL1Loss(beta=0.5)


def mean(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value, reward)


def total(value: Tensor, reward: Tensor) -> Tensor:
    return F.l1_loss(value, reward, reduction="sum")


def module(value: Tensor, reward: Tensor) -> Tensor:
    return criterion(value, reward)


def weighted(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value, reward, weight=reward.exp())  # pyright: ignore[reportCallIssue, reportUnknownVariableType]


def of_rows(value: Tensor, reward: Tensor) -> Tensor:
    return F.kl_div(value, reward.exp(), reduction="batchmean")


def scaled(value: Tensor, reward: Tensor) -> Tensor:
    return 0.5 * F.mse_loss(value, reward)


def two(value: Tensor, logits: Tensor, reward: Tensor, action: Tensor) -> Tensor:
    return 0.5 * F.mse_loss(value, reward) + F.cross_entropy(logits.mT, action)


def changed_in_place(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value, reward).mul_(3)


SQUARE = (VALUE - REWARD) ** 2
LOSSES: list[tuple[Callable[..., Tensor], Tensor]] = [
    (mean, SQUARE),
    (total, (VALUE - REWARD).abs() * VALUE.numel()),
    (module, F.smooth_l1_loss(VALUE, REWARD, reduction="none", beta=0.5)),
    (weighted, SQUARE * REWARD.exp() / REWARD.exp().mean()),
    (of_rows, (REWARD.exp() * (REWARD - VALUE)) * S),
    (scaled, 0.5 * SQUARE),
    (two, 0.5 * SQUARE - LOGITS.log_softmax(-1).gather(-1, ACTION[..., None])[..., 0]),
    (changed_in_place, 3 * SQUARE),
]


@pytest.mark.parametrize(("function", "expected"), LOSSES)
def test_each_place_gets_its_entry(function: Callable[..., Tensor], expected: Tensor) -> None:
    found = shares(explained(function))
    torch.testing.assert_close(found, expected.to(found.dtype), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("function", [function for function, _ in LOSSES])
def test_the_call_itself_is_the_plain_one(function: Callable[..., Tensor]) -> None:
    given = {"value": VALUE, "logits": LOGITS, "reward": REWARD, "action": ACTION}
    taken = {name: given[name].clone() for name in inspect.signature(function).parameters}
    assert torch.equal(explained(function).loss.detach(), function(**taken))


def test_classes_that_are_ignored_or_weighted_count_as_they_do_in_the_mean() -> None:
    def loss(logits: Tensor, action: Tensor) -> Tensor:
        return F.cross_entropy(logits.mT, action, weight=WEIGHT, ignore_index=0)

    weights = WEIGHT[ACTION] * (ACTION != 0)
    each = -LOGITS.log_softmax(-1).gather(-1, ACTION[..., None])[..., 0]
    torch.testing.assert_close(shares(explained(loss)), each * weights / weights.sum() * B * S)


def test_what_torch_takes_the_mean_of_is_a_term_in_order_of_computation() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error_loss = F.mse_loss(value, reward.clone(), reduction="mean")
        return 2 * error_loss

    found = explained(loss)
    name = "F.mse_loss(value, reward.clone(), reduction='none')"
    assert list(found.terms) == ["reward.clone()", name, "loss"]
    assert torch.equal(found.terms[name], (VALUE - REWARD) ** 2)
    assert found.terms.info(name).formula == name
    assert found.terms.info("loss").formula == f"2 * ({name})"
    assert [each for each, term in found.traced.terms.items() if not term.named] == ["reward.clone()", name]
    assert found.gradient(name) is None  # the mean was not taken of it, but of the same numbers inside of torch


def test_a_module_is_called_by_the_function_that_it_stands_for() -> None:
    compute = nn.MSELoss()

    def loss(value: Tensor, reward: Tensor) -> Tensor:
        both = value, reward
        return compute(*both)

    assert "F.mse_loss(*both, reduction='none')" in explained(loss).terms


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("F.mse_loss(a, b, None, reduction='sum')", "F.mse_loss(a, b, None, reduction='none')"),
        ("criterion(a, **rest)", "F.mse_loss(a, **rest, reduction='none')"),
        ("total += criterion(a, b)", "F.mse_loss(..., reduction='none')"),
        ("losses[0]", "F.mse_loss(..., reduction='none')"),
    ],
)
def test_the_expression_of_the_entries_is_that_of_their_mean(call: str, text: str) -> None:
    assert Entries(torch.ones(2), 0.5, "mse_loss").text(call) == text


def test_entries_that_are_each_divided_by_a_size_of_their_own_are_not_split() -> None:
    def loss(logits: Tensor) -> Tensor:
        targets, lengths = torch.ones(B, 2, dtype=torch.long), torch.tensor([1, 2, 1, 2])
        return F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), targets, torch.full((B,), S), lengths)

    assert explained(loss).traced.contributions.values is None


def test_what_an_older_parameter_says_is_left_alone() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return F.mse_loss(value, reward, size_average=False)

    with pytest.warns(UserWarning, match="size_average"):
        found = explained(loss)
    assert found.traced.contributions.values is None


def test_no_reduction_leaves_one_value_per_place() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return F.huber_loss(value, reward, reduction="none").mean()

    torch.testing.assert_close(shares(explained(loss)), F.huber_loss(VALUE, REWARD, reduction="none"))


def test_a_dictionary_may_hold_the_loss_beside_its_metrics() -> None:
    def loss(value: Tensor, reward: Tensor) -> dict[str, Tensor]:
        error = F.mse_loss(value, reward)
        return {"largest": value.max(), "loss": error}

    found = explained(loss)
    assert torch.equal(found.loss.detach(), F.mse_loss(VALUE, REWARD))
    assert found.metrics == {"largest": float(VALUE.max())}
    assert torch.equal(shares(found), (VALUE - REWARD) ** 2)


def test_of_flattened_actions_every_place_gets_its_own() -> None:
    def loss(logits: Tensor, action: Tensor) -> Tensor:
        return F.cross_entropy(logits.reshape(-1, A), action.flatten())

    each = -LOGITS.log_softmax(-1).gather(-1, ACTION[..., None])[..., 0]
    torch.testing.assert_close(shares(explained(loss)), each)


def flattened_transitions(value: Tensor, reward: Tensor) -> Tensor:
    error = (value[:, :-1] - reward[:, 1:]).reshape(-1)
    return error.square().sum() / 10


def test_of_flattened_transitions_every_one_gets_its_own() -> None:
    found = shares(explained(flattened_transitions))
    torch.testing.assert_close(found, ((VALUE[:, :-1] - REWARD[:, 1:]) ** 2 * 1.6).to(found.dtype))


def chosen(value: Tensor, reward: Tensor, mask: Tensor) -> Tensor:
    return F.mse_loss(value[mask], reward[mask])


def flattened_and_chosen(value: Tensor, reward: Tensor, mask: Tensor) -> Tensor:
    counted = mask.reshape(-1)
    return F.mse_loss(value.reshape(-1)[counted], reward.reshape(-1)[counted])


def chosen_transitions(value: Tensor, reward: Tensor, mask: Tensor) -> Tensor:
    counted = mask[:, 1:]
    return (value[:, :-1][counted] - reward[:, 1:][counted]).square().mean()


def test_entries_that_a_mask_chooses_go_to_their_places() -> None:
    mask = fields()["mask"]
    expected = SQUARE * mask * mask.numel() / mask.sum()
    for function in (chosen, flattened_and_chosen):
        found = shares(explained(function))
        torch.testing.assert_close(found, expected.to(found.dtype))
    counted = mask[:, 1:]
    found = shares(explained(chosen_transitions))
    expected = (VALUE[:, :-1] - REWARD[:, 1:]) ** 2 * counted * counted.numel() / counted.sum()
    torch.testing.assert_close(found, expected.to(found.dtype))


def chosen_and_sorted(value: Tensor, reward: Tensor, mask: Tensor) -> Tensor:
    order = value[mask].argsort()
    return F.mse_loss(value[mask][order], reward[mask][order])


def flipped(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.flatten().flip(0), reward.flatten().flip(0))


def smoothed(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.cumsum(1).flatten(), reward.flatten())


def smoothed_and_flipped(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.cumsum(1).flip(1).flatten(), reward.flip(1).flatten())


def test_what_depends_on_other_steps_of_its_sequence_too_goes_to_its_place() -> None:
    found = shares(explained(smoothed))
    torch.testing.assert_close(found, ((VALUE.cumsum(1) - REWARD) ** 2).to(found.dtype))


def chosen_by_classes(logits: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(logits[logits > 0.5], reward.new_zeros(int((logits > 0.5).sum())))


def time_first(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.mT.reshape(-1), reward.mT.reshape(-1))


def shuffled(value: Tensor, reward: Tensor) -> Tensor:
    order = torch.randperm(B * S)
    return F.mse_loss(value.flatten()[order], reward.flatten()[order])


def mostly_clipped(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.flatten().clamp(min=float(value.detach().max()) - 1e-6), reward.flatten())


def all_pairs(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.reshape(-1, 1).expand(B * S, B * S), reward.flatten().expand(B * S, B * S))


def without_gradient(value: Tensor, reward: Tensor) -> Tensor:
    return F.mse_loss(value.detach().flatten(), reward.flatten()) + 0 * normal(1)[0].requires_grad_()


UNPROVEN = [
    time_first, shuffled, mostly_clipped, all_pairs, without_gradient, chosen_and_sorted, chosen_by_classes, flipped,
    smoothed_and_flipped,
]  # fmt: skip


@pytest.mark.parametrize("function", UNPROVEN)
def test_what_was_flattened_in_another_order_or_cannot_tell_is_not_split(function: Callable[..., Any]) -> None:
    assert explained(function).traced.contributions.values is None
