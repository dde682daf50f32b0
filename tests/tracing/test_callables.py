"""Whatever can be called is a loss: modules, methods, partial, decorated, compiled and recursive functions."""

import functools
from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from mouse.tracing import explain
from tests.tracing.batches import B, S, explained, fields, formulas, output

mean_difference: Callable[[Tensor, Tensor], Tensor] = lambda value, reward: (value - reward).mean()  # noqa: E731


def shifted(error: Tensor) -> Tensor:
    moved = error + 1
    return moved * 2


def test_a_lambda_is_a_loss() -> None:
    found = explained(mean_difference)
    assert list(found.terms) == ["value - reward", "loss"]


class Critic(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.smooth = nn.SmoothL1Loss(reduction="none")

    def forward(self, value: Tensor, reward: Tensor, *, scale: float = 2.0) -> Tensor:
        error = self.smooth(value, reward)
        return (scale * error).mean()


def test_a_module_is_a_loss_and_modules_of_torch_are_one_operation() -> None:
    found = explained(Critic(), scale=3.0)
    assert found.signature.name == "Critic"
    assert list(found.terms) == ["error", "scale * error", "loss"]


class Doubler:
    def __call__(self, value: Tensor) -> Tensor:
        twice = value * 2
        return self.reduce(twice)

    def reduce(self, x: Tensor) -> Tensor:
        centered = x - x.mean()
        return centered.square().mean()


def test_a_callable_object_and_a_method_are_losses() -> None:
    found = explained(Doubler())
    assert found.signature.name == "Doubler"
    assert list(found.terms)[:2] == ["twice", "Doubler.reduce.centered"]
    assert list(explain(Doubler().reduce, {"x": fields()["reward"]}).terms)[:1] == ["centered"]


def test_a_partial_function_is_a_loss() -> None:
    def loss(value: Tensor, reward: Tensor, scale: float, *, shift: float = 0.0) -> Tensor:
        error = scale * (value - reward) + shift
        return error.mean()

    found = explained(functools.partial(functools.partial(loss, scale=2.0), shift=1.0), shift=3.0)
    assert found.signature.name == "loss"
    assert found.terms.info("error").formula == "scale * (value - reward) + shift"
    assert torch.equal(found.terms["error"], 2.0 * (output()["value"] - fields()["reward"]) + 3.0)


def doubled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Tensor:
        single = function(*args, **kwargs)
        return 2 * single

    return wrapper


def test_behind_a_decorator_the_function_itself_is_explained() -> None:
    @doubled
    def loss(value: Tensor) -> Tensor:
        twice = shifted(value)
        return twice.mean()

    assert list(formulas(loss)) == ["shifted.moved", "twice", "loss"]


def test_a_function_that_calls_itself_is_explained() -> None:
    def loss(value: Tensor, *, times: int = 3) -> Tensor:
        x = value + times
        return x.mean() if times == 0 else loss(x, times=times - 1)

    found = list(formulas(loss))
    assert "x" in found
    assert any("loss.x" in name for name in found)


def test_a_compiled_helper_runs_as_it_is_written() -> None:

    compiled: Callable[[Tensor], Tensor] = torch.compile(shifted, backend="eager")

    def loss(value: Tensor) -> Tensor:
        y = compiled(value)
        return y.mean()

    assert list(formulas(loss)) == ["shifted.moved", "y", "loss"]


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * x * gradients[0]


def test_a_function_with_its_own_gradient_is_explained() -> None:
    def loss(value: Tensor) -> Tensor:
        y = cast("Tensor", Square.apply(value))  # pyright: ignore[reportUnknownMemberType]
        return y.mean()

    found = explained(loss)
    assert torch.equal(found.terms["y"], output()["value"].square())
    gradient = found.gradient("y")
    assert gradient is not None
    assert torch.allclose(gradient, torch.full((B, S), 1 / (B * S)))


def test_what_torch_func_computes_is_named_where_it_comes_out() -> None:
    def loss(value: Tensor) -> Tensor:
        def one(x: Tensor) -> Tensor:
            inner = x * 2
            inner += 1
            return inner

        y = torch.vmap(one)(value)
        return y.mean()

    found = explained(loss)
    assert torch.equal(found.terms["y"], output()["value"] * 2 + 1)
    assert torch.equal(found.terms["loss"], found.terms["y"])


def test_sparse_tensors_do_not_fail() -> None:
    def loss(value: Tensor) -> Tensor:
        sparse = value.detach().to_sparse()
        sparse.mul_(2)
        return value.mean() + sparse.sum()

    assert explained(loss).loss.isfinite()


def test_source_that_cannot_be_read_leaves_lines_out_and_values_in() -> None:
    namespace: dict[str, Any] = {}
    exec("def loss(value):\n    x = value * 2\n    return x.mean()\n", namespace)  # noqa: S102
    found = explained(namespace["loss"])
    assert float(found.loss.detach()) == pytest.approx(float((output()["value"] * 2).mean()))
    assert "loss" in found.terms
