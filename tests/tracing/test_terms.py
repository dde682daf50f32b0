"""Which values of a function are terms, what they are called and what is said of them."""

import linecache
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tests.tracing.batches import explained, fields, formulas, output


def shifted(error: Tensor) -> Tensor:
    moved = error + 1
    return moved * 2


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


def test_an_underscore_is_no_term() -> None:
    def loss(logits: Tensor) -> Tensor:
        largest, _ = logits.max(dim=-1)
        return largest.mean()

    assert list(explained(loss).terms) == ["largest", "loss"]
