"""What a function does with its data: shapes, masks, constant and dead terms."""

import torch
from torch import Tensor

from tests.diagnosis.functions.calls import normal, only, report, rules_of


def test_places_of_a_flat_batch_are_items() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.log().mean()

    assert only("term-not-finite", report(loss, value=normal(0))).unit == "item"
    assert only("term-not-finite", report(loss, value=normal(0, 16, 8))).unit == "step"


def test_an_operation_on_shapes_that_do_not_broadcast_is_no_finding() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        joined = torch.cat([value, reward[1:]])
        return joined.square().mean()

    assert rules_of(report(loss, value=normal(0), reward=normal(1))) == []


def test_a_flag_that_is_false_everywhere_is_no_mask() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.square().mean()

    never = torch.zeros(128, dtype=torch.bool)
    assert rules_of(report(loss, value=normal(0), is_expert=never)) == []
    assert rules_of(report(loss, value=normal(0), mask=never)) == ["mask-ignored"]


def test_a_mask_is_read_only_where_a_computation_uses_it() -> None:
    def shows(batch: dict[str, Tensor]) -> Tensor:
        shown = batch["mask"][:, 1:]
        assert shown.dtype == torch.bool
        return batch["value"].square().mean()

    def uses(batch: dict[str, Tensor]) -> Tensor:
        shown = batch["mask"][:, 1:]
        return (batch["value"][:, 1:].square() * shown).mean()

    fields = {"value": normal(0, 16, 8), "mask": normal(1, 16, 8) > 0}
    assert rules_of(report(shows, **fields)) == ["mask-ignored"]
    assert rules_of(report(uses, **fields)) == []


def test_an_end_of_an_episode_that_is_not_read_is_information() -> None:
    def loss(value: Tensor) -> Tensor:
        return value.square().mean()

    assert only("mask-ignored", report(loss, value=normal(0), is_last=normal(1) > 0)).severity == "info"


def test_a_dead_term_of_two_summands_is_told_once() -> None:
    def loss(value: Tensor) -> Tensor:
        clipped = value.clamp(-1e-3, 1e-3)
        return clipped.square().mean() + clipped.exp().mean()

    found = only("term-dead", report(loss, value=2 + normal(0).abs()))
    assert "The gradient at value is exactly 0 at 100 % of 128 places" in found.message


def test_a_user_that_belongs_to_another_summand_excuses_nothing() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        base = value * 2
        clipped = base.clamp(-1e-3, 1e-3)
        return (clipped * reward).mean() + base.square().mean()

    found = only("term-dead", report(loss, out={"value": 2 + normal(0).abs()}, reward=normal(1)))
    assert found.severity == "warning"


def test_summands_that_were_scaled_in_place_are_compared_like_others() -> None:
    def loss(value: Tensor, logits: Tensor, reward: Tensor) -> Tensor:
        value_loss = (value - 1e6 * reward).square()
        policy_loss = logits * reward
        total = value_loss + policy_loss
        total *= 0.5
        return total.mean()

    found = only("scale-mismatch", report(loss, out={"value": normal(0), "logits": normal(1)}, reward=normal(2)))
    assert found.message.startswith("The gradient of value_loss is ")


def test_a_loss_of_data_without_gradient_is_checked_for_what_needs_none() -> None:
    def loss(count: Tensor) -> Tensor:
        return count.double().mean()

    found = report(loss, count=torch.arange(128), mask=torch.arange(128) > 3)
    needs = {each.rule: each.needs for each in found.not_checked}
    assert needs["term-dead"] == "an output of the model, as `out` or as a field that requires gradient"
    assert only("mask-ignored", found).count == 4
    assert only("mask-ignored", found).share_of_gradient is None


def test_a_name_of_a_shape_only_says_nothing_of_the_data() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        zeros = torch.zeros_like(reward)
        offset = zeros + 1
        return (value - reward + offset).square().mean()

    assert rules_of(report(loss, out={"value": normal(0)}, reward=normal(1))) == []


def test_what_a_call_of_a_library_adds_up_inside_is_one_summand() -> None:
    def loss(mean: Tensor, log_std: Tensor, q1: Tensor, q2: Tensor) -> Tensor:
        policy = torch.distributions.Normal(mean, log_std.clamp(-5, 2).exp())
        drawn = policy.rsample()  # the gradient of the square in its log_prob is 0 but for rounding
        squashed = drawn.tanh()
        log_prob = (policy.log_prob(drawn) - torch.log(1 - squashed.square() + 1e-6)).sum(-1)
        return (0.2 * log_prob - torch.min(q1, q2)).mean()

    out = {"mean": normal(0, 192, 2), "log_std": normal(1, 192, 2), "q1": normal(2, 192), "q2": normal(3, 192)}
    assert rules_of(report(loss, out=out)) == []


def test_what_a_loop_adds_up_is_split() -> None:
    def loss(value: Tensor, logits: Tensor, reward: Tensor) -> Tensor:
        total = torch.zeros(())
        for error, factor in ((value - reward, 1e6), (logits - reward, 1.0)):
            total = total + factor * error.square().mean()
        return total

    found = report(loss, out={"value": normal(0), "logits": normal(1)}, reward=normal(2))
    assert rules_of(found) == ["scale-mismatch"]
