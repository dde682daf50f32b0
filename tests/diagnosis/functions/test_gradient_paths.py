"""Ways of gradients that are cut, and ways that should be."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of


def test_a_loss_that_reads_an_output_and_is_made_of_data_trains_nothing() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        unused = value * 2
        assert unused.shape == reward.shape
        return reward.mean()

    found = only("gradient-blocked", report(loss, out={"value": normal(0)}, reward=normal(1)))
    assert (found.severity, found.field) == ("error", "out.value")
    assert found.message == (
        "No gradient leads from loss to any output that it reads: it ends at the result, which is no part of the graph."
    )


def test_a_loss_that_reads_no_output_is_not_checked() -> None:
    def loss(reward: Tensor) -> Tensor:
        return reward.square().mean()

    needs = {each.rule: each.needs for each in report(loss, out={"value": normal(0)}, reward=normal(1)).not_checked}
    assert needs["gradient-blocked"] == "an output of the model that leads to loss"


def flat(loss: Callable[..., Tensor], *others: Callable[..., Tensor]) -> Report:
    """A batch that marks no output: every field is in `step_stream`."""
    names = ("logp", "advantages", "values", "returns", "old_log_prob", "score", "reward", "q_target", "log_alpha")
    fields = {name: normal(seed) for seed, name in enumerate(names)}
    return report(loss, *others, **fields, action=torch.arange(128) % 4, q=normal(20, 128, 4))


def policy_of_numbers(logp: Tensor, advantages: Tensor) -> Tensor:
    return -(logp.detach() * advantages).mean()


def reinforce_of_numbers(logp: Tensor, reward: Tensor) -> Tensor:
    return -(logp.detach() * reward).mean()


def q_of_numbers(q: Tensor, q_target: Tensor, action: Tensor) -> Tensor:
    taken = q.detach().gather(-1, action[:, None]).squeeze(-1)
    return (taken - q_target).square().mean()


def score_of_numbers(score: Tensor, advantages: Tensor) -> Tensor:
    return (score.detach() * advantages).mean()


@pytest.mark.parametrize(
    ("loss", "field", "end", "data"),
    [
        (policy_of_numbers, "logp", "logp.detach()", "advantages"),
        (reinforce_of_numbers, "logp", "logp.detach()", "reward"),
        (q_of_numbers, "q", "q.detach()", "q_target"),
        (score_of_numbers, "score", "score.detach()", "advantages"),
    ],
)
def test_a_loss_whose_gradients_reach_data_alone_is_an_error(
    loss: Callable[..., Tensor], field: str, end: str, data: str
) -> None:
    found = only("gradient-blocked", flat(loss))
    assert (found.severity, found.field) == ("error", f"step_stream.{field}")
    assert "to any field that a model may have put out: it ends at" in found.message
    assert f"`{end}` on line" in found.message
    assert found.message.endswith(f"One leads to {data}, which no model puts out.")


def test_it_is_one_whatever_other_losses_train() -> None:
    def right_loss(logp: Tensor, advantages: Tensor) -> Tensor:
        return -(logp * advantages).mean()

    assert only("gradient-blocked", flat(policy_of_numbers, right_loss)).loss == "policy_of_numbers"


def test_a_loss_that_nothing_at_all_leads_to_is_an_error() -> None:
    def by_item(logp: Tensor, advantages: Tensor) -> Tensor:
        return torch.tensor((logp * advantages).mean().item())

    found = only("gradient-blocked", flat(by_item))
    assert (found.severity, found.field) == ("error", "step_stream.logp")
    assert "it ends at the result, which is no part of the graph." in found.message

    def without_grad(advantages: Tensor, reward: Tensor) -> Tensor:
        with torch.no_grad():
            return (advantages * reward).mean()

    found = only("gradient-blocked", flat(without_grad))
    assert (found.severity, found.field) == ("error", "step_stream.advantages")
    assert "No gradient leads from without_grad to any output that it reads" in found.message


def test_what_may_be_an_output_or_not_is_a_question() -> None:
    def reward_model_loss(reward: Tensor, score: Tensor) -> Tensor:
        return (reward - score.detach()).square().mean()

    found = only("gradient-blocked", flat(reward_model_loss))
    assert (found.severity, found.field) == ("info", "step_stream.score")
    assert found.fix.startswith("Nothing, where it is meant as a number")


def test_a_summand_of_numbers_is_a_warning_in_a_batch_that_marks_no_output_too() -> None:
    def loss(logp: Tensor, advantages: Tensor, values: Tensor, returns: Tensor) -> Tensor:
        policy_loss = -(logp * advantages).mean()
        value_loss = (values.detach() - returns).square().mean()
        return policy_loss + 0.5 * value_loss

    found = only("gradient-blocked", flat(loss))
    assert (found.severity, found.field) == ("warning", "step_stream.values")
    assert "it ends at `values.detach()` on line" in found.message


def policy_and_value(logp: Tensor, advantages: Tensor, values: Tensor, returns: Tensor) -> Tensor:
    return -(logp * advantages.detach()).mean() + (values - returns.detach()).square().mean() + returns.detach().mean()


def ratio_of_old(logp: Tensor, old_log_prob: Tensor, advantages: Tensor) -> Tensor:
    return -((logp - old_log_prob.detach()).exp() * advantages).mean()


def of_scores(score: Tensor, advantages: Tensor) -> Tensor:
    return (score - advantages.detach()).square().mean()


def only_data(reward: Tensor, advantages: Tensor) -> Tensor:
    return (reward * advantages).mean()


def only_numbers_of_actions(action: Tensor) -> Tensor:
    return action.double().mean()


@pytest.mark.parametrize("loss", [policy_and_value, ratio_of_old, of_scores, only_data, only_numbers_of_actions])
def test_data_without_gradient_is_right(loss: Callable[..., Tensor]) -> None:
    assert "gradient-blocked" not in rules_of(flat(loss))


def test_a_temperature_that_is_trained_on_numbers_is_right() -> None:
    def alpha_loss(log_alpha: Tensor, logp: Tensor) -> Tensor:
        return -(log_alpha.exp() * (logp.detach() + 1)).mean()

    assert only("gradient-blocked", flat(alpha_loss)).severity == "info"
    outside = torch.zeros(1, requires_grad=True)

    def outside_loss(logp: Tensor) -> Tensor:
        return -(outside.exp() * (logp.detach() + 1)).mean()

    assert only("gradient-blocked", flat(outside_loss)).severity == "info"
    assert only("gradient-blocked", report(outside_loss, out={"logp": normal(0)}, reward=normal(1))).severity == "info"


def test_a_network_that_the_function_calls_is_trained() -> None:
    net = torch.nn.Linear(1, 1)

    def loss(score: Tensor, reward: Tensor) -> Tensor:
        return (net(score.detach()[:, None]).squeeze(-1) - reward).square().mean()

    assert rules_of(flat(loss)) == []


def test_a_leaf_that_the_function_makes_is_no_parameter() -> None:
    def loss(logp: Tensor, advantages: Tensor) -> Tensor:
        own = logp.detach().requires_grad_()
        return -(own * advantages).mean()

    assert only("gradient-blocked", flat(loss)).severity == "error"


def test_a_field_that_requires_gradient_is_an_output_beside_those_that_are_apart() -> None:
    def loss(value: Tensor, value_target: Tensor) -> Tensor:
        return (value - value_target).square().mean()

    target = normal(1).requires_grad_()
    found = only("gradient-blocked", report(loss, out={"value": normal(0)}, value_target=target))
    assert (found.severity, found.field) == ("warning", "step_stream.value_target")


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


def test_a_result_that_was_taken_out_of_the_graph_is_where_the_gradient_ends() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = (value - reward).square()
        return error.mean().detach()

    found = only("gradient-blocked", report(loss, out={"value": normal(0)}, reward=normal(1)))
    assert found.severity == "error"
    assert "it ends at `error.mean().detach()` on line" in found.message
