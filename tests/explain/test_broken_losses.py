"""Each bug does what it is there for, seen without mouse: values, shapes and gradients of the functions themselves."""

import inspect
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from mouse.batch import load_batch
from tests.examples.losses.calls import BATCHES
from tests.explain.broken_losses import BROKEN_LOSSES, BrokenLoss

BY_NAME = {each.function.__name__: each for each in BROKEN_LOSSES}


def fields_of(name: str) -> dict[str, Tensor]:
    """What the function reads, floats with gradient."""
    broken = BY_NAME[name]
    step_stream, out = load_batch(BATCHES / f"{broken.batch}.safetensors")
    known: dict[str, Tensor] = {**step_stream.to_dict(), **out.to_dict()}
    read = [each.name for each in inspect.signature(broken.function).parameters.values() if each.default is each.empty]
    return {field: known[field].requires_grad_(known[field].is_floating_point()) for field in read}


def call(name: str, **knobs: Any) -> tuple[Tensor, dict[str, Tensor | None]]:
    """The loss, and the gradient of each field."""
    fields = fields_of(name)
    loss = BY_NAME[name].function(**fields, **knobs)
    if loss.requires_grad:
        loss.backward()
    return loss.detach(), {field: value.grad for field, value in fields.items()}


def size(gradient: Tensor | None) -> float:
    return 0.0 if gradient is None else float(gradient.abs().mean())


@pytest.mark.parametrize("broken", BROKEN_LOSSES, ids=lambda each: each.function.__name__)
def test_a_broken_loss_runs_and_returns_a_scalar(broken: BrokenLoss) -> None:
    loss, _gradients = call(broken.function.__name__)
    assert loss.shape == ()
    assert bool(loss.isfinite()) is (broken.rule != "term-not-finite")


class Shapes(TorchFunctionMode):
    """Shapes of every result."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[torch.Size] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.seen.add(result.shape)
        return result


@pytest.mark.parametrize("name", ["critic_of_pairs", "quantiles_of_pairs"])
def test_a_broadcast_makes_a_value_of_every_pair(name: str) -> None:
    fields = fields_of(name)
    count = len(fields["reward"])
    with Shapes() as shapes:
        BY_NAME[name].function(**fields)
    assert any(shape[:2] == (count, count) for shape in shapes.seen)


def test_a_gradient_moves_the_target() -> None:
    assert size(call("critic_with_gradient_in_target")[1]["q1_target_next"]) > 0
    assert size(call("double_dqn_with_gradient_in_target")[1]["q_target"]) > 0


def test_the_logarithm_of_zero_makes_the_loss_nan_and_a_warmer_one_does_not() -> None:
    assert bool(call("entropy_of_zero")[0].isnan())
    assert bool(call("entropy_of_zero", temperature=1.0)[0].isfinite())


def test_the_gradient_of_a_root_is_not_finite_while_the_loss_is() -> None:
    loss, gradients = call("root_of_zero")
    assert bool(loss.isfinite())
    gradient = gradients["value"]
    assert gradient is not None
    assert not bool(gradient.isfinite().all())


def test_no_gradient_reaches_the_detached_policy() -> None:
    _loss, gradients = call("ppo_of_detached_policy")
    assert size(gradients["logits"]) == 0
    assert size(gradients["value"]) > 0


def test_prompts_and_padding_get_a_gradient() -> None:
    step_stream, _out = load_batch(BATCHES / "grpo.safetensors")
    gradient = call("grpo_without_mask")[1]["logits"]
    assert gradient is not None
    assert size(gradient[:, :-1][~step_stream["token_mask"][:, 1:]]) > 0


def test_values_get_a_gradient_that_drowns_the_policys() -> None:
    _loss, gradients = call("ppo_of_values")
    assert size(gradients["value"]) > 100 * size(gradients["logits"])


def test_a_range_of_zero_leaves_no_gradient() -> None:
    assert size(call("ppo_clipped_to_nothing")[1]["logits"]) == 0
    assert size(call("ppo_clipped_to_nothing", clip=0.2)[1]["logits"]) > 0
