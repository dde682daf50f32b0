"""What each place adds to a loss."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mouse.tracing import explain
from tests.tracing.batches import B, S, explained, fields, normal, output, shares

FIELDS = {**fields(), "weight_is": normal(B, S, seed=8).exp(), "nxt": normal(B, S - 1, seed=9)}


VALUE = output()["value"]


def test_of_a_mean_they_are_the_values_themselves() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return (value - reward).square().mean()

    found = explained(loss)
    assert torch.equal(shares(found), (VALUE - FIELDS["reward"]).square())


def test_of_a_field_alone_they_are_its_values() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.mean()

    assert torch.equal(shares(explained(loss)), VALUE)


def test_of_one_value_per_place_that_is_returned_they_are_these() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.square()

    found = explained(loss)
    assert torch.equal(shares(found), VALUE.square())
    assert float(found.loss.detach()) == float(VALUE.square().mean())


def test_a_mean_is_one_whatever_else_the_function_logs() -> None:
    def loss(value: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            error = value.square()
        return error.mean(), {"largest": error.max()}

    assert torch.equal(shares(explained(loss)), VALUE.square())


def test_of_a_sum_they_are_the_values_times_their_number() -> None:
    def loss(value: Tensor) -> Tensor:
        error = value.square()
        return error.sum()

    found = explained(loss)
    assert torch.allclose(shares(found), VALUE.square() * VALUE.numel())
    assert found.terms.info("loss").formula == f"{VALUE.numel()} * error"


def test_of_a_masked_mean_they_are_zero_outside_of_the_mask() -> None:
    def loss(value: Tensor, mask: Tensor) -> Tensor:
        m = mask.float()
        error = value.square()
        return (error * m).sum() / m.sum()

    mask = FIELDS["mask"]
    assert torch.allclose(shares(explained(loss)), VALUE.square() * mask / mask.float().mean())


def test_of_a_boolean_selection_they_stand_at_their_places() -> None:
    def loss(value: Tensor, mask: Tensor) -> Tensor:
        error = value.square()
        return error[mask].mean()

    mask = FIELDS["mask"]
    found = explained(loss)
    assert torch.allclose(shares(found), VALUE.square() * mask / mask.float().mean())
    assert found.terms.info("loss").formula == "weight_of_place * error"


def test_what_a_selection_leaves_out_adds_nothing_even_if_it_is_nan() -> None:
    def loss(value: Tensor, mask: Tensor) -> Tensor:
        error = value.square()
        return error[mask].mean()

    value = torch.where(FIELDS["mask"], VALUE, torch.nan)
    values = shares(explain(loss, fields(), {"value": value}))
    assert bool((values[~FIELDS["mask"]] == 0).all())


def test_of_importance_weights_they_are_weighted() -> None:
    def loss(value: Tensor, weight_is: Tensor) -> Tensor:
        return (weight_is * value).sum() / weight_is.sum()

    found = explain(loss, {k: FIELDS[k] for k in ("weight_is", "reward")}, output())
    weight = FIELDS["weight_is"]
    assert torch.allclose(shares(found), weight * VALUE / weight.mean(), atol=1e-5)


def test_of_several_summands_they_are_the_sum_with_their_factors() -> None:
    def loss(value: Tensor, reward: Tensor, logits: Tensor) -> Tensor:
        policy = value * reward
        critic = (value - reward).square()
        entropy = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1)
        return policy.mean() + 0.5 * critic.mean() - 0.01 * entropy.mean()

    found = explained(loss)
    expected = found.terms["policy"] + 0.5 * found.terms["critic"] - 0.01 * found.terms["entropy"]
    assert torch.allclose(shares(found), expected)
    assert found.terms.info("loss").formula == "policy + 0.5 * critic - 0.01 * entropy"
    assert found.traced.summands == ("policy", "critic", "entropy")


def test_of_means_of_sequences_they_are_weighted_by_the_sequences_lengths() -> None:
    def loss(value: Tensor, mask: Tensor) -> Tensor:
        m = mask.float()
        per_token = value.square()
        per_sequence = (per_token * m).sum(1) / m.sum(1)
        return per_sequence.mean()

    mask = FIELDS["mask"].float()
    expected = VALUE.square() * mask / mask.sum(1, keepdim=True) * S
    assert torch.allclose(shares(explained(loss)), expected)


def test_steps_and_transitions_together_are_shown_per_step() -> None:
    def loss(value: Tensor) -> Tensor:
        change = (value[:, 1:] - value[:, :-1]).square()
        size = value.square()
        return change.mean() + size.mean()

    found = explained(loss)
    values = shares(found)
    change, size = (VALUE[:, 1:] - VALUE[:, :-1]).square(), VALUE.square()
    expected = torch.nn.functional.pad(change, (0, 1)) * S / (S - 1) + size
    assert torch.allclose(values, expected)
    assert found.terms.info("loss").dims == ("batch", "step")


def test_transitions_alone_are_shown_per_transition() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        change = value[:, 1:] - value[:, :-1]
        return 2 * change.mean() + (reward[:, 1:] * change).sum()

    found = explained(loss)
    assert shares(found).shape == (B, S - 1)
    assert found.terms.info("loss").dims == ("batch", "time")


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_values_of_several_entries_per_place_are_added_up(factor: float) -> None:
    def loss(logits: Tensor, *, by: float = factor) -> Tensor:
        wide = logits.square()
        return by * wide.mean() if by != 1 else wide.mean()

    assert torch.allclose(shares(explained(loss)), factor * output()["logits"].square().mean(-1))


def test_nan_at_a_place_is_nan_there_alone() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = value.square()
        return 2 * error.mean() + reward.mean()

    value = VALUE.clone()
    value[1, 2] = torch.nan
    found = explain(loss, fields(), {"value": value})
    values = found.traced.contributions.values
    assert values is not None
    assert values.isnan().nonzero().tolist() == [[1, 2]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_precision(dtype: torch.dtype) -> None:
    def loss(value: Tensor) -> Tensor:
        return value.square().sum() / value.numel()

    found = explain(loss, fields(), {"value": VALUE.to(dtype)})
    values = found.traced.contributions.values
    assert values is not None
    assert torch.allclose(values.double(), VALUE.double().square(), rtol=0.05)


def mixed(value: Tensor, reward: Tensor, logits: Tensor, mask: Tensor) -> Tensor:
    td = (value[:, 1:] - reward[:, :-1]).square()
    wide = logits.logsumexp(-1)
    return td.mean() + 0.3 * (wide * mask).sum() / mask.sum() - 0.1 * logits.mean()


@settings(max_examples=10)
@given(st.permutations(range(B)))
def test_permuted_sequences_have_permuted_contributions_and_doubled_ones_the_same(order: list[int]) -> None:
    plain = shares(explained(mixed))
    data, out = ({k: v[order] for k, v in group.items()} for group in (fields(), output()))
    assert torch.allclose(shares(explain(mixed, data, out)), plain[order], atol=1e-6)
    data, out = ({k: torch.cat([v, v]) for k, v in group.items()} for group in (fields(), output()))
    assert torch.allclose(shares(explain(mixed, data, out)), torch.cat([plain, plain]), atol=1e-6)


UNARY: list[Callable[[Tensor], Tensor]] = [torch.tanh, torch.square, torch.abs, lambda x: x * 3, lambda x: x[:, 1:]]


REDUCE: list[Callable[[Tensor], Tensor]] = [torch.mean, torch.sum, lambda x: x.mean(1).sum(), lambda x: x.sum(0).mean()]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(UNARY), st.sampled_from(REDUCE), st.floats(-3, 3)), min_size=1, max_size=4))
def test_any_weighted_sum_of_means_and_sums_is_split(parts: list[tuple[Any, Any, float]]) -> None:
    def loss(value: Tensor) -> Tensor:
        return torch.stack([factor * reduce(unary(value)) for unary, reduce, factor in parts]).sum()

    shares(explained(loss))


def test_a_value_that_enters_alone_and_within_another_one_counts_once() -> None:
    def loss(value: Tensor) -> Tensor:
        square = value.square()
        return value.mean() + 2 * square.mean()

    found = explained(loss)
    assert torch.allclose(shares(found), VALUE + 2 * VALUE.square())
    assert found.terms.info("loss").formula == "value + 2 * square"


def plus_number(value: Tensor) -> Tensor:
    return 2 * value.square().mean() + 1.5


def minus_product(value: Tensor) -> Tensor:
    return 1.5 - 2 * -value.square().mean()


def plus_norm_of_weights(value: Tensor) -> Tensor:
    weights = torch.full((9,), 0.5, requires_grad=True)
    return 2 * value.square().mean() + weights.square().sum().sqrt()


def plus_leaf_of_its_own(value: Tensor) -> Tensor:
    return 2 * value.square().mean() + torch.full((), 1.5, requires_grad=True)


def plus_tensor(value: Tensor) -> Tensor:
    return 2 * value.square().mean() + torch.tensor(1.5)


def masked_plus_number(value: Tensor) -> Tensor:
    ones = torch.ones_like(value)
    return 2 * (value.square() * ones).sum() / ones.sum() + 1.5


@pytest.mark.parametrize(
    "function",
    [plus_number, minus_product, plus_norm_of_weights, plus_leaf_of_its_own, plus_tensor, masked_plus_number],
)
def test_of_what_depends_on_no_place_every_place_has_the_same_share(function: Callable[..., Any]) -> None:
    found = explained(function)
    assert torch.allclose(shares(found), 2 * VALUE.square() + 1.5)
    info = found.terms.info("loss")
    assert info.formula.endswith(" + 1.5")
    assert info.doc.endswith("1.5 of the loss depends on no place, and every place has the same share of it.")


def test_a_leaf_that_adds_nothing_is_not_mentioned() -> None:
    def loss(value: Tensor) -> Tensor:
        return 2 * value.mean() + torch.zeros((), requires_grad=True)

    found = explained(loss)
    assert torch.allclose(shares(found), 2 * VALUE)
    assert found.terms.info("loss").formula == "2 * value"


def test_a_loss_that_is_added_up_in_place_is_split() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        policy, critic = value * reward, (value - reward).square()
        total = torch.zeros(())
        total = total + policy.mean()
        total += 0.5 * critic.mean()
        return total

    found = explained(loss)
    assert found.terms.info("loss").formula == "policy + 0.5 * critic"
    assert torch.allclose(shares(found), found.terms["policy"] + 0.5 * found.terms["critic"])


def test_in_the_formula_a_view_is_written_as_it_stands_and_values_of_a_loop_by_their_name() -> None:
    def view(value: Tensor) -> Tensor:
        return 2 * value[:, 1:].mean()

    def loop(logits: Tensor) -> Tensor:
        total = torch.zeros(())
        for column in logits.unbind(-1):
            total = total + column.mean()
        return total

    assert explained(view).terms.info("loss").formula == "2 * (value[:, 1:])"
    assert explained(loop).terms.info("loss").formula == "column + column + column"
