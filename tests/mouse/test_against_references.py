"""Every term, metric and gradient of every loss against loops over Python floats."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses import LOSSES
from tests.mouse.batches import Recipe, recipes
from tests.mouse.calls import training_call
from tests.mouse.configs import CONFIGS
from tests.mouse.reference import Reference
from tests.mouse.reference_dqn import naive_dqn
from tests.mouse.reference_sp import naive_sp
from tests.mouse.reference_sv import naive_sv
from tests.mouse.reference_vec_dqn import naive_vec_dqn

REFERENCES: dict[str, Callable[[TensorDictBase, TensorDictBase, Any], Reference]] = {
    "dqn": naive_dqn,
    "vec_dqn": naive_vec_dqn,
    "sp": naive_sp,
    "sv": naive_sv,
}
every_loss = pytest.mark.parametrize("name", list(LOSSES))


def close(found: Tensor, expected: object, what: str) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    # Probability zero has the logarithm -inf in the reference and a hugely negative finite one in mouse.
    found = torch.where(wanted.isneginf() & (found < -1e30), -torch.inf, found.double())
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9, equal_nan=True, msg=lambda text: f"{what}: {text}")


@every_loss
@given(data=st.data())
def test_terms_metrics_and_gradient_are_those_of_the_reference(name: str, data: st.DataObject) -> None:
    loss, recipe, cfg = LOSSES[name], data.draw(recipes(weighted=True)), data.draw(CONFIGS[name])
    assume(recipe.steps > 2 or not getattr(cfg, "normalize_reward_std", False))
    step_stream, out = recipe.make()
    head = out[loss.heads[0]].requires_grad_()
    expected = REFERENCES[name](step_stream, out.detach(), cfg)

    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    assert set(expected.terms) == {info.name for info in loss.term_infos}
    for term, values in expected.terms.items():
        if values is None:
            assert getattr(terms, term) is None
        else:
            close(getattr(terms, term), values, term)

    value, metrics = training_call(loss, step_stream, out, cfg)
    assert value.shape == ()
    close(value.detach(), expected.loss, "loss")
    assert list(metrics) == list(expected.metrics)
    for metric, number in metrics.items():
        assert type(number) is float
        close(torch.tensor(number, dtype=torch.float64), expected.metrics[metric], metric)

    value.backward()
    assert head.grad is not None
    close(head.grad, expected.gradient, "gradient")


@every_loss
@given(data=st.data())
@settings(max_examples=15)
def test_autograd_agrees_with_finite_differences(name: str, data: st.DataObject) -> None:
    loss, cfg = LOSSES[name], data.draw(CONFIGS[name])
    recipe = Recipe(batch=2, steps=3, dim=data.draw(st.sampled_from([2, 4])), seed=data.draw(st.integers(0, 2**32 - 1)))
    step_stream, out = recipe.make()

    def of_head(head: Tensor) -> Tensor:
        return training_call(loss, step_stream, out.clone().set(loss.heads[0], head), cfg)[0]

    assert torch.autograd.gradcheck(of_head, out[loss.heads[0]].requires_grad_(), fast_mode=True)
