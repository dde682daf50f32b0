"""Parameters and config classes of a function as knobs: defaults, bounds, documents, and the config they make."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pydantic
import pytest
import torch
from annotated_types import Ge, Le
from pydantic import BaseModel, Field, TypeAdapter
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.config import Slider
from mouse.tracing.explained import config_values
from mouse.tracing.knobs import Knob, config_type, slider_around
from mouse.tracing.signature import signature_of
from tests.tracing.batches import explained, output


def typed(
    value: Tensor,
    mask: Tensor | None = None,
    reward: Tensor | None = None,
    *,
    clip: Annotated[float, Field(ge=0, le=1)] = 0.2,
    gamma: float = 0.99,
    scale: float = -3,
    steps: int = 3,
    kind: Literal["a", "b"] = "a",
    on: bool = True,
    name: str = "x",
    beta: float | None = 0.5,
    off: float | None = None,
    limit: float = math.inf,
    sizes: tuple[int, int] = (1, 2),
    floor: Annotated[float, Ge(1)] = 2,
    shown: Annotated[float, Slider(1, 7)] = 2,
    free=0.25,  # pyright: ignore
) -> Tensor:
    """A loss.

    Args:
        clip: How far the ratio
            may go.
        gamma (float): Discount.
    """
    assert mask is not None
    assert off is None
    assert math.isinf(limit)
    assert (name, steps, kind, on, sizes) == ("x", 3, "a", True, (1, 2))
    assert reward is not None
    return ((value - reward) * mask * clip * gamma * scale * (beta or 0) * floor * shown * free).mean()


def schema() -> dict[str, Any]:
    return TypeAdapter(signature_of(typed).config).json_schema()["properties"]


def test_parameters_of_plain_types_are_knobs_with_their_defaults() -> None:
    signature = signature_of(typed)
    names = ["clip", "gamma", "scale", "steps", "kind", "on", "name", "beta", "floor", "shown", "free"]
    assert list(signature.knobs) == names
    assert signature.knobs["beta"].default == 0.5
    assert signature.doc == "A loss."
    assert signature.fields == ("value",)
    assert not signature.takes_whole_batch
    assert float(explained(typed, clip=0.0).loss.detach()) == 0


def test_bounds_choices_and_documents_are_in_the_schema() -> None:
    found = schema()
    assert (found["clip"]["minimum"], found["clip"]["maximum"]) == (0, 1)
    assert found["clip"]["description"] == "How far the ratio may go."
    assert found["gamma"]["slider"] == {"low": 0, "high": 1, "scale": "one_minus_log"}
    assert found["scale"]["slider"] == {"low": -12, "high": 0, "scale": "linear"}
    assert found["shown"]["slider"]["high"] == 7
    assert found["kind"]["enum"] == ["a", "b"]
    assert found["floor"]["minimum"] == 1
    assert found["steps"]["type"] == "integer"


@pytest.mark.parametrize("bad", [{"clip": 2.0}, {"kind": "c"}, {"steps": 1.5}, {"on": "yes"}, {"nothing": 1}])
def test_a_value_out_of_range_or_of_another_type_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BatchError, match=rf"typed\({next(iter(bad))}\): found "):
        explained(typed, **bad)


@dataclasses.dataclass
class Optimizer:
    rate: float = 0.5


@dataclasses.dataclass
class PpoConfig:
    """A config.

    Parameters
    ----------
    clip : float
        How far.
    """

    clip: float = 0.2
    weight: float = 1.0
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)


class Model(BaseModel):
    clip: float = Field(0.2, ge=0, description="How far.")
    optimizer: Optimizer = Optimizer(rate=0.25)


@pydantic.dataclasses.dataclass
class Validated:
    clip: float = Field(0.2)


class Required(BaseModel):
    clip: float


def test_fields_of_a_config_class_are_knobs_those_of_its_parts_too() -> None:
    def loss(value: Tensor, cfg: PpoConfig, *, beta: float = 2.0) -> Tensor:
        assert isinstance(cfg.optimizer, Optimizer)
        return (value * cfg.clip * cfg.optimizer.rate * cfg.weight * beta).mean()

    signature = signature_of(loss)
    assert {name: knob.default for name, knob in signature.knobs.items()} == {
        "clip": 0.2,
        "optimizer_rate": 0.5,
        "beta": 2.0,
    }
    assert signature.knobs["clip"].doc == "How far."
    found = explained(loss, clip=0.5, optimizer_rate=1.0, beta=1.0)
    assert float(found.loss.detach()) == float((output()["value"] * 0.5).mean())


def test_a_pydantic_model_and_a_default_object() -> None:
    def loss(value: Tensor, cfg: Model = Model(clip=0.75)) -> Tensor:  # noqa: B008
        return (value * cfg.clip * cfg.optimizer.rate).mean()

    knobs = signature_of(loss).knobs
    assert (knobs["clip"].default, knobs["clip"].doc, knobs["optimizer_rate"].default) == (0.75, "How far.", 0.25)
    assert explained(loss).loss.isfinite()

    def validated(value: Tensor, cfg: Validated) -> Tensor:
        return (value * cfg.clip).mean()

    assert signature_of(validated).knobs["clip"].default == 0.2


@dataclasses.dataclass
class RequiredToo:
    clip: float


def of_model(value: Tensor, cfg: Required) -> Tensor:
    return value.mean() * cfg.clip


def of_dataclass(value: Tensor, cfg: RequiredToo) -> Tensor:
    return value.mean() * cfg.clip


@pytest.mark.parametrize(("function", "name"), [(of_model, "Required"), (of_dataclass, "RequiredToo")])
def test_a_config_class_whose_fields_have_no_defaults_is_said(function: Callable[..., Tensor], name: str) -> None:
    assert signature_of(function).knobs == {}
    with pytest.raises(BatchError, match=rf"cfg: found .* expected a {name} of these values; give each of its fields"):
        explained(function)


def test_a_config_is_given_as_plain_values_and_makes_the_same_call() -> None:
    found = explained(sphinx, clip=0.5)
    values = config_values(found.config)
    assert values == {"weight": 1.0, "clip": 0.5}
    assert torch.equal(explained(sphinx, clip=values["clip"]).loss, found.loss)


@pytest.mark.parametrize(
    ("default", "bound", "low", "high"),
    [(0.5, Ge(0.25), 0.25, 2.0), (0.5, Le(0.75), 0.0, 0.75), (-1.0, Le(5), -4.0, 5.0), (-3.0, Le(-2), -12.0, -2.0)],
)
def test_a_knob_with_one_bound_has_a_range_that_ends_there(default: float, bound: Any, low: float, high: float) -> None:
    assert slider_around(default, (bound,)) == Slider(low, high)


def test_a_knob_named_as_one_of_every_loss_is_refused() -> None:
    def loss(value: Tensor, *, weight: float = 1.0) -> Tensor:
        return value.mean() * weight

    with pytest.raises(BatchError, match=r"loss\(weight\): .* rename it"):
        signature_of(loss)


def sphinx(value: Tensor, *, clip: float = 0.1) -> Tensor:
    """A loss.

    :param float clip: how
        far
    """
    return value.mean() * clip


def test_sphinx_notation_is_read() -> None:
    assert signature_of(sphinx).knobs["clip"].doc == "how far"


def test_a_parameter_whose_annotation_has_no_hash_is_a_knob_too() -> None:
    def loss(value: Tensor, *, clip: Annotated[float, {"unit": "none"}] = 0.5) -> Tensor:
        return value.clamp(max=clip)

    for clip in (0.25, 0.5):
        assert float(explained(loss, clip=clip).terms["loss"].max()) <= clip


@pytest.mark.parametrize(("first", "second"), [(0.0, -0.0), (1, True), (True, 1)])
def test_defaults_that_compare_equal_are_kept_apart(first: float, second: float) -> None:
    for default in (first, second):
        config = config_type("loss", {"shift": Knob("shift", float, default)})()
        assert repr(config_values(config)["shift"]) == repr(default)
