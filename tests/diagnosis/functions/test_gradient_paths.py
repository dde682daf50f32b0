"""Ways of gradients that are cut, and ways that should be."""

import pytest
import torch
from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of


def test_a_batch_without_outputs_on_the_way_to_the_loss_is_not_checked() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        unused = value * 2
        assert unused.shape == reward.shape
        return reward.mean()

    needs = {each.rule: each.needs for each in report(loss, out={"value": normal(0)}, reward=normal(1)).not_checked}
    assert needs["gradient-blocked"] == "an output of the model that leads to loss"


def test_an_output_without_gradient_inside_a_term_that_has_one_is_information_that_names_where_it_ends() -> None:
    def loss(value: Tensor, logits: Tensor) -> Tensor:
        scale = (logits * 2).exp().detach()
        return ((value * scale) ** 2).mean()

    found = only("gradient-blocked", report(loss, out={"value": normal(0), "logits": normal(1)}))
    assert (found.severity, found.field) == ("info", "out.logits")
    assert found.fix.startswith("Nothing, where it is meant as a number")
    assert "it ends at `(logits * 2).exp().detach()` on line" in found.message


def test_every_way_on_which_a_gradient_ends_is_followed_once() -> None:
    def loss(value: Tensor, logits: Tensor) -> Tensor:
        base = logits * 2
        joined = base.exp() + base.sin()
        scale = joined.detach()
        return (value * scale).square().mean()

    found = only("gradient-blocked", report(loss, out={"value": normal(0), "logits": normal(1)}))
    assert "it ends at `joined.detach()` on line" in found.message


def of_policy_and_value(*, value: bool = False, policy: bool = False, per_place: bool = False) -> Report:
    """Two terms of a loss, one of which lost its gradient."""

    def loss(logits: Tensor, value_head: Tensor, advantage: Tensor) -> Tensor:
        log_prob = logits.log_softmax(-1)[..., 0]
        ratio = log_prob.exp().detach() if policy else log_prob.exp()
        policy_loss = -ratio * advantage
        value_loss = ((value_head.detach() if value else value_head) - advantage) ** 2
        entropy = -(log_prob.exp() * log_prob)
        if per_place:
            return (policy_loss + 0.5 * value_loss - 0.01 * entropy).mean()
        return policy_loss.mean() + 0.5 * value_loss.mean() - 0.01 * entropy.mean()

    return doctor({"advantage": normal(2)}, {"logits": normal(0, 128, 4), "value_head": normal(1)}, losses=[loss])


@pytest.mark.parametrize("per_place", [False, True])
def test_a_summand_without_gradient_is_a_warning_although_others_have_one(per_place: bool) -> None:
    of_value = only("gradient-blocked", of_policy_and_value(value=True, per_place=per_place))
    assert (of_value.severity, of_value.field) == ("warning", "out.value_head")
    assert "which loss adds up, has no gradient although it is made of value_head" in of_value.message
    assert "it ends at `value_head.detach()` on line" in of_value.message
    of_policy = only("gradient-blocked", of_policy_and_value(policy=True, per_place=per_place))
    assert (of_policy.severity, of_policy.field) == ("warning", "out.logits")
    assert "it ends at `log_prob.exp().detach()` on line" in of_policy.message


def test_summands_that_have_a_gradient_are_left_alone() -> None:
    assert "gradient-blocked" not in rules_of(of_policy_and_value())


def test_a_summand_without_gradient_of_a_target_or_of_data_alone_is_right() -> None:
    def loss(value: Tensor, value_target: Tensor, reward: Tensor) -> Tensor:
        return (value - reward).square().mean() + (value_target - reward).detach().mean() + reward.mean()

    outputs = {"value": normal(0), "value_target": normal(1)}
    assert rules_of(report(loss, out=outputs, reward=normal(2))) == []


def test_a_divergence_from_a_distribution_without_gradient_is_right() -> None:
    def loss(logits: Tensor, teacher: Tensor) -> Tensor:
        log_teacher = teacher.log_softmax(-1).detach()
        return (log_teacher.exp() * (log_teacher - logits.log_softmax(-1))).sum(-1).mean()

    outputs = {"logits": normal(0, 128, 4), "teacher": normal(1, 128, 4)}
    assert rules_of(report(loss, out=outputs, reward=normal(2))) == []


def test_an_output_that_only_makes_a_choice_is_information() -> None:
    def loss(value: Tensor, score: Tensor) -> Tensor:
        chosen = score > 0
        return torch.where(chosen, value, 2 * value).square().mean()

    found = only("gradient-blocked", report(loss, out={"value": normal(0), "score": normal(1)}))
    assert (found.severity, found.field) == ("info", "out.score")


def test_an_old_or_next_output_may_do_without_gradient() -> None:
    def loss(value: Tensor, value_old: Tensor, value_next: Tensor) -> Tensor:
        return (value - value_old.detach() - value_next.detach()).square().mean()

    outputs = {"value": normal(0), "value_old": normal(1), "value_next": normal(2)}
    assert rules_of(report(loss, out=outputs)) == []


def test_an_output_that_another_loss_of_the_call_trains_is_not_blocked() -> None:
    def actor_loss(value: Tensor, logits: Tensor) -> Tensor:
        return (logits * value.detach()).mean()

    def critic_loss(value: Tensor, reward: Tensor) -> Tensor:
        return (value - reward).square().mean()

    outputs = {"value": normal(0), "logits": normal(1)}
    assert rules_of(report(actor_loss, out=outputs, reward=normal(2))) == ["gradient-blocked"]
    assert rules_of(report(actor_loss, critic_loss, out=outputs, reward=normal(2))) == []


def of_target(**outputs: Tensor) -> Report:
    def loss(value: Tensor, value_target: Tensor, reward: Tensor) -> Tensor:
        goal = reward + 0.9 * value_target
        return (value - goal).square().mean()

    return doctor({"reward": normal(2)}, outputs, losses=[loss])


def test_a_gradient_that_leads_to_a_target_is_a_warning_with_the_operation_that_lets_it_through() -> None:
    found = only("gradient-blocked", of_target(value=normal(0), value_target=normal(1)))
    assert (found.severity, found.field) == ("warning", "out.value_target")
    assert "A gradient leads from loss to value_target by `0.9 * value_target` on line" in found.message
    assert found.fix == "Write `value_target.detach()`, or compute the target under torch.no_grad()."


def test_a_target_that_the_model_put_out_without_gradient_is_right() -> None:
    assert rules_of(of_target(value=normal(0).requires_grad_(), value_target=normal(1))) == []


def test_a_target_that_is_returned_as_the_loss_is_named_too() -> None:
    def loss(value_target: Tensor) -> Tensor:
        return value_target

    found = only("gradient-blocked", report(loss, out={"value_target": normal(0)}, reward=normal(1)))
    assert "to value_target by the result" in found.message


def test_a_result_that_was_taken_out_of_the_graph_is_where_the_gradient_ends() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = (value - reward).square()
        return error.mean().detach()

    found = only("gradient-blocked", report(loss, out={"value": normal(0)}, reward=normal(1)))
    assert found.severity == "error"
    assert "it ends at `error.mean().detach()` on line" in found.message
