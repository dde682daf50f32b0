"""Ways on which a gradient leads to a target, which should have none."""

from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Report
from tests.diagnosis.functions.calls import normal, only, report, rules_of


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
