"""Which values of a function are terms, what they are called and what is said of them."""

import functools
import linecache
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
import torch
from torch import Tensor, nn

from mouse.tracing import explain
from tests.tracing.batches import B, S, explained, fields, output


def formulas(function: Callable[..., Any], **config: Any) -> dict[str, str]:
    found = explained(function, **config)
    return {name: found.terms.info(name).formula for name in found.terms}


def test_named_locals_are_terms_with_their_expressions_in_order_of_computation() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = reward - value
        squared = error.square()
        return squared.mean()

    assert formulas(loss) == {"error": "reward - value", "squared": "error.square()", "loss": "squared"}
    found = explained(loss)
    assert torch.equal(found.terms["error"], fields()["reward"] - output()["value"])
    assert found.terms.info("error").dims == ("batch", "step")


def test_an_unnamed_expression_is_a_term_under_its_own_text() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return (0.5 * (reward - value).square()).mean()

    text = "0.5 * (reward - value).square()"
    assert formulas(loss) == {
        "reward - value": "reward - value",
        "(reward - value).square()": "(reward - value).square()",
        text: text,
        "loss": text,
    }


def test_an_unnamed_expression_off_the_way_to_the_loss_is_no_term_and_a_named_one_is() -> None:
    def loss(value: Tensor, reward: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        distance = (reward - value).abs()
        return value.mean(), {"distance": distance.mean(), "bias": (reward + value).mean()}

    assert list(formulas(loss)) == ["distance", "loss"]


def test_a_view_without_a_name_is_no_term() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return (reward[:, 1:] - value[:, :-1]).mean()

    found = explained(loss)
    assert list(found.terms) == ["reward[:, 1:] - value[:, :-1]", "loss"]
    assert found.terms.info("loss").dims == ("batch", "time")


def test_a_long_expression_is_cut_where_it_stands_for_a_name() -> None:
    def loss(value: Tensor, reward: Tensor, advantage: Tensor) -> Tensor:
        return (reward * value * advantage + reward * value + reward * advantage + value).mean()

    name = "reward * value * advantage + reward * value + reward * advan..."
    assert name in formulas(loss)


def test_unnamed_expressions_of_one_text_are_told_apart_by_their_lines() -> None:
    def loss(value: Tensor) -> Tensor:
        a = (value * 2).exp()
        b = (value * 2).tanh()
        return (a + b).mean()

    first = loss.__code__.co_firstlineno
    assert f"value * 2@{first + 1}" in formulas(loss)
    assert "value * 2" in formulas(loss)


def shifted(error: Tensor) -> Tensor:
    moved = error + 1
    return moved * 2


def test_the_values_of_a_helper_stand_behind_its_name() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        double = shifted(reward - value)
        return double.mean()

    assert formulas(loss) == {
        "reward - value": "reward - value",
        "shifted.moved": "error + 1",
        "double": "shifted(reward - value)",
        "loss": "double",
    }


def test_what_a_helper_returns_without_a_name_in_the_caller_stands_behind_the_helper() -> None:
    def loss(value: Tensor) -> Tensor:
        return shifted(value).mean()

    assert list(formulas(loss)) == ["shifted.moved", "shifted.moved * 2", "loss"]


def test_two_calls_of_a_helper_are_told_apart_by_the_lines_that_call_it() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        a = shifted(value)
        b = shifted(reward)
        return (a + b).mean()

    first = loss.__code__.co_firstlineno
    assert list(formulas(loss))[:4] == [f"shifted.moved@{first + 1}", "a", "shifted.moved", "b"]


def test_two_calls_of_a_helper_on_one_line_are_two_terms() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        return (shifted(value) + shifted(reward)).mean()

    line = loss.__code__.co_firstlineno + 1
    found = explained(loss)
    assert torch.equal(found.terms[f"shifted.moved@{line}"], output()["value"] + 1)
    assert torch.equal(found.terms["shifted.moved"], fields()["reward"] + 1)


def test_an_inner_function_a_lambda_and_a_comprehension() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        def inner(x: Tensor) -> Tensor:
            twice = x * 2
            return twice + 0

        minus: Callable[[Tensor], Tensor] = lambda x: x - reward  # noqa: E731
        difference = minus(value)
        parts = [x.square() for x in (difference, inner(value))]
        return sum(parts, torch.zeros(())).mean()

    found = formulas(loss)
    assert found["difference"] == "minus(value)"
    assert found["inner.twice"] == "x * 2"
    assert found["x.square()"] == "x.square()"
    assert not any("<" in name for name in found)


mean_difference: Callable[[Tensor, Tensor], Tensor] = lambda value, reward: (value - reward).mean()  # noqa: E731


def test_a_lambda_is_a_loss() -> None:
    found = explained(mean_difference)
    assert list(found.terms) == ["value - reward", "loss"]


def test_tuple_unpacking_gives_each_part_its_name_and_formula() -> None:
    def loss(logits: Tensor, value: Tensor) -> Tensor:
        best, index = logits.max(-1)
        low, (high, _) = best - 1, (best + 1, index)
        return (low + high + value).mean()

    found = formulas(loss)
    assert found["best"] == "logits.max(-1)[0]"
    assert found["index"] == "logits.max(-1)[1]"
    assert found["low"] == "best - 1"
    assert found["high"] == "best + 1"


def test_starred_and_attribute_targets_have_no_formula_and_do_not_fail() -> None:
    class Holder:
        x: Tensor

    def loss(value: Tensor) -> Tensor:
        holder = Holder()
        holder.x = value * 2
        first, *rest = value.unbind(1)
        return (holder.x.sum() + first.sum() + rest[0].sum()) / value.numel()

    found = formulas(loss)
    assert "value * 2" in found
    assert found["first"] == "value.unbind(1)[0]"


def test_an_attribute_of_a_result_is_named_after_its_variable() -> None:
    def loss(logits: Tensor) -> Tensor:
        best = logits.max(-1).values
        return best.mean()

    assert formulas(loss)["best"] == "logits.max(-1).values"


def test_an_unnamed_part_of_a_result_is_a_term() -> None:
    def loss(logits: Tensor, reward: Tensor) -> Tensor:
        return (reward + logits.max(-1).values).mean()

    assert "logits.max(-1)" in formulas(loss)


def test_a_name_that_is_assigned_again_keeps_the_earlier_value_under_its_line() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value + 1
        x = x * 2
        return x.mean()

    line = loss.__code__.co_firstlineno + 1
    found = explained(loss)
    assert list(found.terms) == [f"x@{line}", "x", "loss"]
    assert torch.equal(found.terms["x"], (output()["value"] + 1) * 2)


def test_of_a_loop_the_last_value_stays_and_the_doc_says_how_many_there_were() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value
        for _ in range(3):
            x = (x + 1).tanh()
        return x.mean()

    line = loss.__code__.co_firstlineno + 3
    found = explained(loss)
    assert found.terms.info("x").doc == f"Line {line}; the last of 3 values."
    assert found.terms.info("x + 1").doc == f"Line {line}; the last of 3 values."
    assert list(found.terms) == ["x + 1", "x", "loss"]


def test_the_variable_of_a_loop_is_named_after_what_is_looped_over() -> None:
    def loss(logits: Tensor) -> Tensor:
        total = torch.zeros(())
        for column in logits.unbind(-1):
            total = total + column.mean()
        return total

    assert formulas(loss)["column"] == "logits.unbind(-1)"


def test_a_library_that_runs_an_operation_several_times_in_one_expression_is_no_loop() -> None:
    def loss(logits: Tensor, action: Tensor) -> Tensor:
        policy = torch.distributions.Categorical(logits=logits)
        logp = policy.log_prob(action)  # pyright: ignore[reportUnknownVariableType]  torch leaves it open
        return -(logp + policy.entropy()).mean()  # pyright: ignore[reportUnknownVariableType]

    found = explained(loss)
    assert "policy" not in found.terms
    assert found.terms.info("logp").formula == "policy.log_prob(action)"
    assert torch.allclose(found.terms["logp"].exp().log(), found.terms["logp"])
    assert not any("last of" in found.terms.info(name).doc for name in found.terms)


def test_augmented_assignment_keeps_the_older_value() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value * 2
        x += 1
        x *= 3
        return x.mean()

    first = loss.__code__.co_firstlineno
    found = explained(loss)
    value = output()["value"]
    assert torch.equal(found.terms[f"x@{first + 1}"], value * 2)
    assert torch.equal(found.terms[f"x@{first + 2}"], value * 2 + 1)
    assert torch.equal(found.terms["x"], (value * 2 + 1) * 3)
    assert [found.terms.info(name).formula for name in found.terms][:3] == ["value * 2", "x += 1", "x *= 3"]


def test_an_item_that_is_assigned_keeps_the_older_value() -> None:
    def loss(value: Tensor, mask: Tensor) -> Tensor:
        x = value * 2
        x[~mask] = 0
        x[:, 0] += 1
        return x.mean()

    first = loss.__code__.co_firstlineno
    found = explained(loss)
    assert torch.equal(found.terms[f"x@{first + 1}"], output()["value"] * 2)
    assert torch.equal(found.terms[f"x@{first + 2}"], output()["value"] * 2 * fields()["mask"])
    assert found.terms.info(f"x@{first + 2}").formula == "x[~mask] = 0"
    assert found.terms.info("x").formula == "x[:, 0] += 1"


def test_a_method_that_changes_in_place_is_named_after_what_it_changes() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value * 2
        x.clamp_(-1, 1)
        return x.mean()

    found = formulas(loss)
    assert found["x"] == "x.clamp_(-1, 1)"


def test_an_in_place_argument_and_an_out_argument_are_changes_in_place() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value * 2
        y = torch.nn.functional.relu(x, inplace=True)
        z = torch.zeros_like(value)
        with torch.no_grad():
            torch.add(value, 1, out=z)
        return (y + z).mean()

    first = loss.__code__.co_firstlineno
    found = explained(loss)
    assert torch.equal(found.terms["x"], output()["value"] * 2)
    assert torch.equal(found.terms["y"], (output()["value"] * 2).relu())
    assert float(found.terms[f"z@{first + 3}"].sum()) == 0
    assert torch.equal(found.terms["z"], output()["value"] + 1)


def test_what_a_loop_writes_into_a_tensor_is_one_term() -> None:
    def loss(reward: Tensor, value: Tensor) -> Tensor:
        returns = torch.zeros_like(reward)
        running = torch.zeros_like(reward[:, 0])
        for t in reversed(range(reward.shape[1])):
            running = reward[:, t] + 0.9 * running
            returns[:, t] = running
        return (returns - value).square().mean()

    first = loss.__code__.co_firstlineno
    found = explained(loss)
    assert found.terms.info("returns").doc == f"Line {first + 5}; the last of {S} values."
    assert f"returns@{first + 1}" in found.terms
    assert float(found.terms[f"returns@{first + 1}"].abs().sum()) == 0
    assert found.terms.info("running").dims == ("batch", "sequence")
    naive = [[sum(0.9 ** (k - t) * float(r[k]) for k in range(t, S)) for t in range(S)] for r in fields()["reward"]]
    assert torch.allclose(found.terms["returns"], torch.tensor(naive))


def test_walrus_keyword_and_key_give_names() -> None:
    class Terms(NamedTuple):
        ratio: Tensor
        clipped: Tensor

    def loss(value: Tensor, advantage: Tensor) -> Tensor:
        if (error := value - advantage).numel():
            others: dict[str | int, Tensor] = {}
            terms = Terms(ratio=error.exp(), clipped=error.clamp(-1, 1))
            more: dict[str | int, Tensor] = {"product": terms.ratio * terms.clipped, 1: error * 3, **others}
            return (more["product"] + more[1]).mean()
        return value.mean()

    found = formulas(loss)
    assert found["error"] == "value - advantage"
    assert found["ratio"] == "error.exp()"
    assert found["product"] == "terms.ratio * terms.clipped"
    assert "error * 3" in found


def test_an_annotated_variable_is_a_term() -> None:
    def loss(value: Tensor) -> Tensor:
        x: Tensor = value * 2
        y: Tensor
        y = x + 1
        return y.mean()

    assert list(formulas(loss)) == ["x", "y", "loss"]


def test_the_comment_of_a_line_is_the_doc_of_its_term() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value * 2  # twice the value
        y = x + len("# no comment")
        return y.mean()

    found = explained(loss)
    assert found.terms.info("x").doc == "twice the value"
    assert found.terms.info("y").doc.startswith("Line ")


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


def reassigned_slice(x: Tensor, y: Tensor) -> Tensor:
    x, y = x[:, 1:], y[:, 1:]
    if bool((y > 100).any()):
        y = y * 0
    x = (x - x.mean()) / (x.std() + 1)
    return (x * y).mean()


def test_a_variable_that_is_bound_anew_keeps_the_formula_of_each_value() -> None:
    terms = explain(reassigned_slice, {"x": torch.randn(4, 5), "y": torch.randn(4, 5)}).traced.terms
    named = {key: term.info.formula for key, term in terms.items() if key.partition("@")[0] in {"x", "y"}}
    first = next(key for key in named if key.startswith("x@"))
    assert named == {first: "x[:, 1:]", "y": "y[:, 1:]", "x": "(x - x.mean()) / (x.std() + 1)"}


def rows_and_columns(x: Tensor, y: Tensor, *, on: bool = True) -> Tensor:
    if on:
        x, y = x[:, 1:], y[:, 1:]
    else:
        x, y = x[:, :-1], y[:, :-1]
    return (x * y).mean()


@pytest.mark.parametrize(("on", "cut"), [(True, "1:"), (False, ":-1")])
def test_a_variable_that_both_branches_bind_has_the_formula_of_the_one_that_ran(on: bool, cut: str) -> None:
    found = explain(rows_and_columns, {"x": torch.randn(4, 5), "y": torch.randn(4, 5)}, on=on)
    assert [found.terms.info(name).formula for name in ("x", "y")] == [f"x[:, {cut}]", f"y[:, {cut}]"]


def test_in_a_loop_each_assignment_keeps_its_own_formula() -> None:
    def loss(value: Tensor) -> Tensor:
        x = y = value
        for _ in range(2):
            y = x[:, :]
            x = y * 2
            y = x.detach()
        return (x + y).mean()

    found = explained(loss)
    named = {key: found.terms.info(key).formula for key in found.terms if key.partition("@")[0] in {"x", "y"}}
    assert list(named.values()) == ["x[:, :]", "y * 2", "x.detach()"]
    assert torch.equal(found.terms["x"], output()["value"] * 4)


def test_variables_that_a_statement_of_several_lines_binds_have_their_own_formulas() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        x = value + reward
        x, y = (
            x[:, 1:],
            reward[
                :, 1:
            ],
        )  # fmt: skip
        x = torch.minimum(
            x,
            y * 2,
        )
        return (x * y).mean()

    found = explained(loss)
    named = [found.terms.info(key).formula for key in found.terms if key.partition("@")[0] in {"x", "y"}]
    assert named == ["value + reward", "x[:, 1:]", "reward[:, 1:]", "torch.minimum(x, y * 2)"]


def test_what_torch_func_computes_in_a_statement_of_several_lines_has_its_formula_each_time() -> None:
    def loss(value: Tensor) -> Tensor:
        x = value * 2
        x = torch.vmap(torch.exp)(
            x,
        )
        y = x + 1
        x = torch.vmap(torch.tanh)(
            y,
        )
        return (x + y).mean()

    found = explained(loss)
    named = [found.terms.info(key).formula for key in found.terms if key.partition("@")[0] == "x"]
    assert named == ["torch.vmap(torch.exp)(x)", "torch.vmap(torch.tanh)(y)"]


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    low, high = x[:, 1:], x[:, :-1]
    if bool(low.isnan().any()):
        low, high = high, low
    low = low * 2
    return low + 1, high


def test_in_a_helper_a_variable_that_is_bound_anew_keeps_each_formula() -> None:
    def loss(value: Tensor) -> Tensor:
        a, b = halves(value)
        a, b = halves(a.mean() * value - b.mean())
        return (a * b).mean()

    found = explained(loss)
    named = {found.terms.info(key).formula for key in found.terms if key.startswith("halves.low")}
    assert named == {"x[:, 1:]", "low * 2"}
    of_loss = [found.terms.info(key).formula for key in found.terms if key.partition("@")[0] == "b"]
    assert of_loss == ["halves(value)[1]", "halves(a.mean() * value - b.mean())[1]"]


def test_of_a_loop_backwards_the_value_that_was_bound_last_stays() -> None:
    def loss(logits: Tensor) -> Tensor:
        total = torch.zeros(())
        for column in reversed(logits.unbind(-1)):
            total = total + column.mean()
        return total

    assert torch.equal(explained(loss).terms["column"], output()["logits"][..., 0])


def test_in_a_cell_that_is_not_all_python_values_are_named_after_their_lines() -> None:
    source = "%matplotlib inline\ndef loss(value):\n    x = value * 2  # twice\n    return x.mean()\n"
    name, namespace = "<cell-of-a-test>", dict[str, Any]()
    lines: list[str] = [*source.splitlines(keepends=True)]
    exec(compile(source.replace("%matplotlib inline", ""), name, "exec"), namespace)  # noqa: S102
    linecache.cache[name] = len(source), None, lines, name
    try:
        found = explained(namespace["loss"])
    finally:
        del linecache.cache[name]
    assert torch.equal(found.terms["x = value * 2"], output()["value"] * 2)
    assert found.terms.info("x = value * 2").doc == "twice"
