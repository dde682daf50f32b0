"""A large batch comes in blocks of sequences: the same loss, metrics and gradient as of the whole, to the last bit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast
from unittest.mock import Mock

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES, blocks, training
from mouse.losses.combined import combined_loss
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.loss import AnyLoss
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig, SvTerms
from mouse.losses.vec_dqn import VecDqnLossConfig
from mouse.tracing import explain
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call

NORMALIZED = {"normalize_reward_mean": True, "normalize_reward_std": True}
CASES: list[tuple[str, LossConfig]] = [
    ("dqn", DqnLossConfig(gamma_truncated=0.5)),
    ("dqn", DqnLossConfig(cql_weight=0.5, **NORMALIZED)),
    ("vec_dqn", VecDqnLossConfig(use_xformed_reward=True)),
    ("sp", SpLossConfig()),
    ("sp", SpLossConfig(loss_type="ce-soft-fwd")),
    ("sp", SpLossConfig(loss_type="ce-soft-bwd")),
    ("sp", SpLossConfig(loss_type="kl-fwd", temperature=0.3)),
    ("sp", SpLossConfig(loss_type="kl-bwd")),
    ("sp", SpLossConfig(loss_type="js", label_smoothing=0.1)),
    ("sv", SvLossConfig()),
    ("sv", SvLossConfig(loss_type="mae")),
]
every_case = pytest.mark.parametrize(("name", "cfg"), CASES)
DEFAULTS: list[tuple[str, LossConfig]] = [(name, loss.config()) for name, loss in LOSSES.items()]
every_loss = pytest.mark.parametrize(("name", "cfg"), DEFAULTS)
RECIPE = Recipe(batch=70, steps=6, actions=5, padding="last", weighted=True)
T = TypeVar("T")
Batch = tuple[TensorDict, TensorDict]
Result = tuple[Tensor, dict[str, float], Tensor]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 32 sequences."""
    monkeypatch.setattr(blocks, "ENTRIES_PER_BLOCK", 1)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Sequences of a block in each evaluation from now on."""
    found: list[int | None] = []

    def noted(*args: Any) -> int | None:
        found.append(blocks.rows_per_block(*args))
        return found[-1]

    monkeypatch.setattr(training, "rows_per_block", noted)
    return found


def learning(loss: AnyLoss, batch: Batch, cfg: LossConfig) -> Result:
    """Loss, metrics and gradient of a training step."""
    step_stream, out = batch[0], batch[1].clone()
    head: Any = out[loss.heads[0]].requires_grad_()
    mean, metrics = training_call(loss, step_stream, out, cfg)
    mean.backward()
    return mean.detach(), metrics, head.grad


def whole(call: Callable[[], T]) -> T:
    """What a call gives without blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "rows_per_block", Mock(return_value=None))
        return call()


def check(found: Result, expected: Result, rounding: float = 0.0) -> None:
    assert torch.equal(found[0], expected[0])
    assert found[1] == expected[1]
    torch.testing.assert_close(found[2], expected[2], rtol=0, atol=rounding * float(expected[2].abs().max()))


@every_case
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_loss_metrics_and_gradient_are_those_of_the_whole_batch(
    name: str, cfg: LossConfig, dtype: torch.dtype, rows: list[int | None]
) -> None:
    loss, batch = LOSSES[name], RECIPE.make(dtype)
    found = learning(loss, batch, cfg)
    assert rows == [32]
    # The mean of sv divides by the number of entries, which is known at the end only.
    rounding = 2 * torch.finfo(dtype).eps if name == "sv" else 0.0
    check(found, whole(lambda: learning(loss, batch, cfg)), rounding)


@every_case
def test_a_batch_of_one_block_is_taken_whole(name: str, cfg: LossConfig, rows: list[int | None]) -> None:
    learning(LOSSES[name], Recipe(batch=32).make(torch.float32), cfg)
    assert rows == [None]


@every_case
@pytest.mark.parametrize("padding", ["none", "scattered", "steps"])
def test_steps_that_do_not_count_leave_the_gradient_within_rounding(name: str, cfg: LossConfig, padding: Any) -> None:
    loss, batch = LOSSES[name], replace(RECIPE, padding=padding).make()
    check(learning(loss, batch, cfg), whole(lambda: learning(loss, batch, cfg)), 16 * torch.finfo(torch.float64).eps)


@every_case
@pytest.mark.parametrize("autocast", [torch.bfloat16, torch.float16])
def test_autocast_changes_nothing(name: str, cfg: LossConfig, autocast: torch.dtype) -> None:
    loss, batch = LOSSES[name], RECIPE.make(torch.float32)
    with torch.autocast("cpu", autocast):
        found = learning(loss, batch, cfg)
    check(found, learning(loss, batch, cfg))


@every_loss
def test_heads_may_lie_in_memory_in_any_order(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make(torch.float32)
    turned: dict[str, Any] = {key: value.transpose(0, 1).contiguous().transpose(0, 1) for key, value in out.items()}
    head = turned[loss.heads[0]].requires_grad_()
    training_call(loss, step_stream, TensorDict(turned, out.batch_size), cfg)[0].backward()
    assert head.grad is not None
    assert torch.equal(head.grad, learning(loss, (step_stream, out), cfg)[2])


@every_loss
def test_a_head_of_equal_rows_in_one_place_gets_the_sum(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    one = out[loss.heads[0]][:1].clone().requires_grad_()
    training_call(loss, step_stream, out.set(loss.heads[0], one.expand(out[loss.heads[0]].shape)), cfg)[0].backward()
    assert one.grad is not None
    many = learning(loss, (step_stream, out.detach().clone()), cfg)[2]
    torch.testing.assert_close(one.grad, many.sum(dim=0, keepdim=True))


@every_loss
def test_only_the_head_that_learns_receives_a_gradient(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make(torch.float32)
    floats = {
        key: value.requires_grad_()
        for source in (step_stream, out)
        for key, value in source.items()
        if value.is_floating_point()
    }

    def step() -> Tensor:
        return training_call(loss, step_stream, out, cfg)[0]

    for mean in (step(), whole(step)):
        mean.backward()
        assert {key for key, value in floats.items() if value.grad is not None} == {loss.heads[0]}
        floats[loss.heads[0]].grad = None


@every_loss
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_without_gradient_there_is_the_forward_pass_alone(name: str, cfg: LossConfig, context: Any) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make(torch.float32)
    expected, metrics, _ = learning(loss, (step_stream, out), cfg)
    frozen = training_call(loss, step_stream, out, cfg)
    out[loss.heads[0]].requires_grad_()
    with context():
        found = training_call(loss, step_stream, out, cfg)
    assert found == frozen == (expected, metrics)
    assert not found[0].requires_grad
    assert not frozen[0].requires_grad


@every_loss
def test_a_scaled_loss_and_a_second_backward_add_what_they_should(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    gradient = learning(loss, (step_stream, out), cfg)[2]
    head: Any = out[loss.heads[0]].requires_grad_()
    mean = training_call(loss, step_stream, out, cfg)[0]
    for _ in range(3):
        mean.backward(retain_graph=True)
    (0.25 * mean).backward()
    torch.testing.assert_close(head.grad, 3.25 * gradient)
    with pytest.raises(RuntimeError, match="second time"):
        mean.backward()


@every_loss
def test_hooks_see_the_gradient(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    gradient = learning(loss, (step_stream, out), cfg)[2]
    head: Any = out[loss.heads[0]].requires_grad_()
    seen: list[Tensor] = []
    (head * 1).register_hook(seen.append)
    scaled = head * 1
    scaled.register_hook(seen.append)
    with torch.autograd.graph.save_on_cpu():
        mean = training_call(loss, step_stream, out.copy().set(loss.heads[0], scaled), cfg)[0]
    mean.backward()
    assert len(seen) == 1
    assert torch.equal(seen[0], gradient)
    assert torch.equal(head.grad, gradient)


@every_loss
def test_a_second_derivative_is_refused_with_the_way_to_it(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    head = out[loss.heads[0]].requires_grad_()
    mean = training_call(loss, step_stream, out, cfg)[0]
    with pytest.raises(BatchError, match=rf"^{name}_loss: found create_graph=True, expected .*LOSSES\[\"{name}\"\]"):
        torch.autograd.grad(mean, head, create_graph=True)


@every_loss
def test_the_combined_loss_comes_in_blocks_too(name: str, cfg: LossConfig, rows: list[int | None]) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    gradient = learning(loss, (step_stream, out), cfg)[2]
    head: Any = out[loss.heads[0]].requires_grad_()
    configs = {other: replace(each, weight=2.0) for other, each in DEFAULTS}
    rows.clear()
    combined = combined_loss(step_stream, out, configs)
    assert rows == [32] * len(LOSSES)
    assert whole(lambda: combined_loss(step_stream, out, configs)).metrics == combined.metrics
    combined.total.backward(retain_graph=True)
    assert torch.equal(head.grad, 2 * gradient)
    combined.parts[name].backward()
    assert torch.equal(head.grad, 3 * gradient)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("dqn", "action", 5), ("dqn", "done", 7), ("vec_dqn", "action", -1), ("sp", "q_star", torch.nan)],
)
def test_what_a_loss_refuses_is_told_with_its_place_in_the_batch(name: str, field: str, value: float) -> None:
    step_stream, out = RECIPE.make()
    step_stream[field][50, 3] = value
    with pytest.raises(BatchError, match=rf"^step_stream\.{field}\[50, 3"):
        training_call(LOSSES[name], step_stream, out, LOSSES[name].config())


@every_loss
def test_a_field_that_is_missing_or_of_another_shape_is_told_as_of_the_whole_batch(name: str, cfg: LossConfig) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    with pytest.raises(MissingFieldError, match=rf"^step_stream\.{loss.step_fields[0]}: "):
        training_call(loss, step_stream.exclude(loss.step_fields[0]), out, cfg)
    wide = dict(out.items()) | {loss.heads[0]: out[loss.heads[0]][:, :-1]}
    with pytest.raises(BatchError, match=rf"out\.{loss.heads[0]}: found shape \[70, 5, 5"):
        training_call(loss, step_stream, TensorDict(wide, [70]), cfg)


def test_a_loss_that_is_not_declared_for_blocks_takes_the_whole_batch() -> None:
    loss, (step_stream, out) = LOSSES["dqn"], RECIPE.make()
    assert blocks.rows_per_block(loss, step_stream, out) == 32
    assert blocks.rows_per_block(replace(loss, in_blocks=False), step_stream, out) is None


@pytest.mark.parametrize("name", ["sp", "sv"])
def test_a_block_without_any_valid_action_adds_nothing(name: str) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    step_stream["q_star"][32:64] = -torch.inf
    batch, cfg = (step_stream, out), loss.config()
    check(learning(loss, batch, cfg), whole(lambda: learning(loss, batch, cfg)))


def test_a_mean_that_weighs_its_places_is_taken_of_the_whole_batch() -> None:
    def mean(terms: SvTerms) -> Tensor:
        return terms.loss.square().mean()

    loss = replace(LOSSES["sv"], mean=mean)
    step_stream, out = RECIPE.make()
    head: Any = out["sv"].requires_grad_()

    def gradient() -> Tensor:
        head.grad = None
        training.evaluate(loss, step_stream, out, loss.config()).mean.backward()
        return cast("Tensor", head.grad)

    assert torch.equal(gradient(), whole(gradient))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # of torch itself, for forward mode
@every_loss
def test_more_than_a_backward_pass_follows_the_whole_batch(name: str, cfg: LossConfig, rows: list[int | None]) -> None:
    loss, (step_stream, out) = LOSSES[name], RECIPE.make()
    expected, _, gradient = learning(loss, (step_stream, out), cfg)
    head = out[loss.heads[0]]
    rows.clear()

    def of_head(value: Tensor) -> Tensor:
        return training_call(loss, step_stream, out.copy().set(loss.heads[0], value), cfg)[0]

    assert torch.equal(torch.func.grad(of_head)(head), whole(lambda: learning(loss, (step_stream, out), cfg)[2]))
    slope = torch.func.jvp(of_head, (head,), (torch.ones_like(head),))[1]
    torch.testing.assert_close(slope, gradient.sum())
    assert torch.equal(explain(loss.function, step_stream, out).loss.detach(), expected)
    assert rows == [None] * 3
