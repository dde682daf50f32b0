"""How a function is called: on guarded fields, with gradient where it belongs, the plain call bit for bit."""

import operator
from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.tracing import explain
from mouse.tracing.signature import signature_of
from mouse.tracing.trace import LossFunctionError, trace
from tests.tracing.batches import B, S, explained, fields, normal, output


def failing(value: Tensor) -> Tensor:
    return value.reshape(7, 7)


def test_an_exception_shows_the_users_own_frames_alone() -> None:
    def loss(value: Tensor) -> Tensor:
        return failing(value).mean()

    with pytest.raises(LossFunctionError) as raised:
        explained(loss)
    text = raised.value.traceback
    assert "in failing" in text
    assert "return value.reshape(7, 7)" in text
    assert "mouse/tracing" not in text
    assert text.rstrip().endswith("size 20")


def test_a_function_of_no_python_is_named_without_a_line() -> None:
    with pytest.raises(TypeError, match="expected a Python function"):
        explained(cast("Any", type("Opaque", (), {"__call__": min})()))


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (1.0, "a float returned"),
        ((), "a tuple returned"),
        (torch.zeros(3, dtype=torch.long), "a tensor of torch.int64 returned"),
        (torch.zeros(7), r"a tensor of shape \[7\] returned"),
        (torch.zeros(B), r"a tensor of shape \[4\] returned"),
    ],
)
def test_what_is_no_loss_is_refused(result: Any, found: str) -> None:
    def loss(value: Tensor) -> Any:
        return result if value.numel() else value

    with pytest.raises(BatchError, match=found):
        explained(loss)


def test_metrics_beside_the_loss_are_numbers() -> None:
    def loss(value: Tensor) -> Any:
        more = {"mean": value.mean(), "flag": True, "text": "no", "wide": value, "complex": torch.zeros(1) * 1j}
        return value.mean()[None], more, 3

    found = explained(loss)
    assert found.metrics == {"mean": pytest.approx(float(output()["value"].mean())), "flag": 1.0}
    assert found.loss.dim() == 0
    assert "loss" in found.terms


def test_a_field_that_is_missing_is_named() -> None:
    def loss(q: Tensor, *, clip: float) -> Tensor:
        return q.clamp(-clip, clip).mean()

    with pytest.raises(MissingFieldError, match=r"loss\(q\): found only .* expected a field 'q'"):
        explained(loss)
    with pytest.raises(MissingFieldError, match=r"loss\(clip\): .* give the parameter a default"):
        explain(loss, {"q": normal(B, S)})


def test_a_batch_of_three_dimensions_is_refused() -> None:
    signature = signature_of(failing)
    with pytest.raises(BatchError, match=r"expected \[B, S\] or \[N\]"):
        trace(signature, TensorDict({}, [2, 3, 4]), TensorDict({}, [2, 3, 4]), signature.config())


def shapes(function: Callable[..., Any], data: dict[str, Tensor]) -> dict[str, tuple[str, ...]]:
    found = explain(function, data)
    return {name: found.terms.info(name).dims for name in found.terms}


def test_what_a_shape_belongs_to() -> None:
    def loss(x: Tensor) -> Tensor:
        step = x * 2
        transition = x[:, 1:] - x[:, :-1]
        sequence = x.sum(1)
        wide = step[..., None, None].expand(-1, -1, 2, 3) + 0
        pairs = sequence[:, None] - sequence[None]
        scalar = pairs.mean()
        return step.mean() + transition.mean() + sequence.mean() + wide.mean() + scalar

    found = explain(loss, {"x": normal(4, 7)})
    dims = {name: found.terms.info(name).dims[1:] for name in found.terms}
    expected = {"step": ("step",), "transition": ("time",), "sequence": ("sequence",), "wide": ("step", "index")}
    assert {name: dims[name] for name in expected} == expected
    assert found.terms["wide"].shape == (4, 7, 6)
    assert found.terms["sequence"].shape == (4, 1)
    others = {other.name: other for other in found.traced.others}
    assert others["pairs"].shape == (4, 4)
    assert others["pairs"].largest == float((found.terms["sequence"] - found.terms["sequence"].T).max())
    assert others["scalar"].shape == ()


def test_a_flat_batch_has_items() -> None:
    def loss(q: Tensor, target: Tensor) -> Tensor:
        error = q - target
        broadcast = q[:, None] - target
        return error.square().mean() + 0 * broadcast.mean()

    found = explain(loss, {"q": normal(6), "target": normal(6, seed=1), "obs": normal(6, 3)})
    assert found.terms["error"].shape == (6, 1)
    assert found.terms.info("error").dims == ("batch", "item")
    assert [other.name for other in found.traced.others] == ["broadcast"]
    square = explain(lambda q: (q * 2).sum(-1).mean(), {"q": normal(4, 4), "r": normal(4)})  # pyright: ignore
    assert square.terms["q * 2"].shape == (4, 1, 4)


@pytest.mark.parametrize(("rows", "steps"), [(1, 1), (1, 5), (3, 1), (3, 2), (0, 4)])
def test_small_batches(rows: int, steps: int) -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = value - reward
        change = error[:, 1:] - error[:, :-1]
        kept = error.sum(1, keepdim=True)
        return error.square().mean() + 0 * change.sum() + 0 * kept.sum()

    found = explain(loss, fields(rows, steps), {"value": normal(rows, steps)})
    assert found.terms["error"].shape == (rows, steps)
    assert "kept" in found.terms or steps > 2
    assert repr(found)
    assert "<table>" in found._repr_html_()  # pyright: ignore[reportPrivateUsage]


def test_booleans_integers_and_complex_numbers_are_shown() -> None:
    def loss(value: Tensor, action: Tensor) -> Tensor:
        big = value > 0
        twice = action * 2
        spectrum = cast("Tensor", torch.fft.fft(value))  # pyright: ignore[reportUnknownMemberType]
        every = spectrum[:1]
        nothing = value[value > 100]
        bad = value / 0
        del bad
        return value.mean() + 0 * (big.sum() + twice.sum() + spectrum.real.sum() + every.real.sum() + nothing.sum())

    found = explained(loss)
    assert found.terms["big"].dtype == torch.bool
    assert not found.terms.info("big").signed
    assert found.terms.info("bad").signed
    text = repr(found)
    assert "% true" in text
    assert "not finite" in text
    assert next(each for each in found.traced.others if each.name == "nothing").mean is None


def test_a_named_loss_steps_aside_for_the_loss_per_place() -> None:
    def loss(value: Tensor) -> Tensor:
        loss = value.square()
        return loss.mean() * 2

    found = explained(loss)
    assert list(found.terms) == [f"loss@{loss.__code__.co_firstlineno + 1}", "loss"]


def test_a_named_loss_that_is_the_loss_per_place_stays() -> None:
    def loss(value: Tensor) -> Tensor:
        loss = value.square()
        return loss.mean()

    found = explained(loss)
    assert list(found.terms) == ["loss"]
    assert found.terms.info("loss").formula == "value.square()"
    assert len(found.terms) == 1


def test_nested_fields_come_as_they_were() -> None:
    def loss(batch: TensorDictBase) -> Tensor:
        error = batch["q"] - batch["next", "reward"]
        return error.mean()

    def of_dicts(batch: dict[str, Any]) -> Tensor:
        error = batch["q"] - batch["next"]["reward"]
        return error.mean()

    nested = {"q": normal(B, S), "next": {"reward": fields()["reward"]}}
    for function in (loss, of_dicts):
        assert torch.equal(explain(function, nested).terms["error"], normal(B, S) - fields()["reward"])


def test_a_function_that_is_not_written_in_python_has_a_loss_and_no_terms_within() -> None:
    data = {"a": fields()["reward"], "b": fields()["advantage"]}
    subtract, multiply = cast("list[Callable[..., Any]]", [operator.sub, operator.matmul])
    found = explain(subtract, data)
    assert found.signature.name == "sub"
    assert float(found.loss.detach()) == float((data["a"] - data["b"]).mean())
    assert found.trace.recording.values == {}
    with pytest.raises(LossFunctionError, match=r"^matmul: raised \w+: [^;]*; repair") as raised:
        explain(multiply, data)
    assert " at line " not in str(raised.value)


@pytest.mark.parametrize("lead", [(3, 2), (3,)])
def test_the_shape_of_a_batch_is_that_of_its_fields(lead: tuple[int, ...]) -> None:
    places = explain(lambda q: q.mean(), {"q": normal(*lead), "r": normal(*lead, 4)}).trace.places  # pyright: ignore
    assert (places.batch_size, places.batch_dims) == (lead, len(lead))


def test_what_the_doctor_finds_in_a_call_comes_with_it() -> None:
    def right(value: Tensor, reward: Tensor) -> Tensor:
        return (value - reward).square().mean()

    def wrong(value: Tensor, reward: Tensor) -> Tensor:
        error = (value - reward) / 0
        return error.mean()

    only = {"reward": fields()["reward"]}
    value = {"value": output()["value"]}
    assert [each.rule for each in explain(right, only, value).findings] == []
    found = explain(wrong, only, value).findings
    assert (found[0].loss, found[0].rule) == ("wrong", "term-not-finite")


def test_columns_beside_fields_of_several_widths_hold_a_number_for_each_item() -> None:
    def loss(q: Tensor, reward: Tensor) -> Tensor:
        return torch.nn.functional.mse_loss(q.amax(dim=1, keepdim=True), reward)

    columns = {"reward": normal(6, 1), "obs": normal(6, 4)}
    found = explain(loss, columns, {"q": normal(6, 3)})
    assert found.terms.info("loss").dims == ("batch", "item")
    assert explain(loss, TensorDict(columns, [6]), TensorDict({"q": normal(6, 3)}, [6])).loss == found.loss
    with pytest.raises(BatchError, match=r"shape \[6, 1\], expected \[6, 3\] first; .* batch_size that is meant"):
        explain(loss, {"obs": normal(6, 3), "reward": normal(6, 1)}, {"q": normal(6, 3)})
