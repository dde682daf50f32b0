"""The shapes in annotations are checked while tests run: without this, a silent broadcast would pass them."""

import sys
from typing import Any, get_type_hints

import jaxtyping
import pytest
import torch
from tensordict import TensorClass
from torch import Tensor

from mouse.geometry import rope_rotate
from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from tests.mouse.batches import Recipe


def stages(loss: AnyLoss) -> list[Any]:
    """Both stages on a batch whose sizes all differ."""
    step_stream, out = Recipe(batch=2, steps=6, actions=3, dim=4, weighted=True).make()
    cfg = loss.config(**({"cql_weight": 1.0} if loss.name == "dqn" else {}))
    inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
    return [inputs, loss.terms(inputs, cfg)]


def fields(stage: object) -> dict[str, Tensor]:
    return {name: getattr(stage, name) for name in get_type_hints(type(stage)) if name in type(stage).__annotations__}


def rebuilt(stage: object, parts: dict[str, Tensor]) -> object:
    """The same stage with other fields; terms are a TensorClass and take a batch size too."""
    size: dict[str, Any] = {"batch_size": torch.Size([2])} if isinstance(stage, TensorClass) else {}
    return type(stage)(**parts, **size)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("stage", [0, 1])
def test_each_field_of_inputs_and_terms_is_held_to_its_shape(name: str, stage: int) -> None:
    whole = stages(LOSSES[name])[stage]
    parts = fields(whole)
    assert len(parts) > 2
    rebuilt(whole, parts)
    for field, value in parts.items():
        for wrong in (value.unsqueeze(-1), value[:, :-1], value[..., 0]):
            # What does not fit may be called the other field, which differs from this one.
            with pytest.raises(jaxtyping.TypeCheckError, match=rf"{type(whole).__name__}\.__init__"):
                rebuilt(whole, {**parts, field: wrong})


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("stage", [0, 1])
def test_each_field_of_inputs_and_terms_is_held_to_its_kind_of_number(name: str, stage: int) -> None:
    whole = stages(LOSSES[name])[stage]
    parts = fields(whole)
    for field, value in parts.items():
        with pytest.raises(jaxtyping.TypeCheckError, match=f"parameter '{field}'"):
            rebuilt(whole, {**parts, field: value.to(torch.complex128)})


def test_functions_are_held_to_their_shapes() -> None:
    with pytest.raises(jaxtyping.TypeCheckError, match="parameter 'theta'"):
        rope_rotate(torch.zeros(3, 4, 2), torch.zeros(3, 1))


def test_every_module_that_knows_a_shape_is_checked() -> None:
    shapes = (jaxtyping.AbstractArray, jaxtyping.AbstractDtype)
    knowing = {
        name: type(module.__loader__).__module__
        for name, module in sys.modules.items()
        if name.startswith("mouse.")
        and any(isinstance(value, type) and issubclass(value, shapes) for value in vars(module).values())
    }
    assert {"mouse.losses.dqn", "mouse.losses.dqn_inputs", "mouse.geometry"} <= knowing.keys()
    assert {name for name, loader in knowing.items() if not loader.startswith("jaxtyping.")} == set()
