"""Of a variable that is bound or changed several times each value has its own name and formula."""

import pytest
import torch
from torch import Tensor

from mouse.tracing import explain
from tests.tracing.batches import S, explained, fields, formulas, output


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
