"""The four losses of mouse as plain functions: the tracer finds every term that they declare, bit for bit."""

from dataclasses import asdict
from itertools import product
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.loss import AnyLoss
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from mouse.tracing import Explained, explain
from tests.mouse.batches import Recipe, recipes
from tests.mouse.calls import training_call
from tests.mouse.configs import CONFIGS

LOCALS = {
    "terminal",
    "truncated",
    "discount",
    "bootstrap",
    "td_target",
    "td_error",
    "td_loss",
    "cql_penalty",
    "cql_scale",
}
"""Terms that the source computes into a variable of the same name."""
BATCH = Recipe(batch=3, steps=6, actions=4, seed=7)


def configs() -> list[tuple[str, LossConfig]]:
    """The defaults, every preset and every switch of each loss."""
    presets = [(name, loss.config(**preset.fields)) for name, loss in LOSSES.items() for preset in loss.presets]
    switches = ("use_xformed_reward", "normalize_reward_mean", "normalize_reward_std")
    settings_ = [dict(zip(switches, values, strict=True)) for values in product([False, True], repeat=3)]
    dqn = [("dqn", DqnLossConfig(**on, cql_weight=0.5, reward_scale=2.0)) for on in settings_]
    vec = [("vec_dqn", VecDqnLossConfig(**on)) for on in settings_[1::2]]
    divergences = ("ce", "ce-soft-fwd", "ce-soft-bwd", "kl-fwd", "kl-bwd", "js")
    sp = [
        ("sp", SpLossConfig(loss_type=d, label_smoothing=s))
        for d, s in zip(divergences, (0.0, 0.1, 1.0) * 2, strict=True)
    ]
    sv = [("sv", SvLossConfig(loss_type=kind)) for kind in ("mse", "mae")]
    return [*((name, loss.config()) for name, loss in LOSSES.items()), *presets, *dqn, *vec, *sp, *sv]


def check(loss: AnyLoss, cfg: LossConfig, step_stream: TensorDict, out: TensorDict) -> None:
    heads = {str(name): value.clone().requires_grad_() for name, value in out.items()}
    plain, metrics = training_call(loss, step_stream, TensorDict(heads, out.batch_size), cfg)
    plain.backward()
    found = explain(loss.function, step_stream, out, **given_values(cfg))
    assert equal(found.loss.detach(), plain.detach())
    assert found.metrics == pytest.approx(metrics, rel=0, abs=0, nan_ok=True)
    for name in loss.heads:
        gradient = found.gradient(name) if name not in found.terms else found.gradients([found.trace.heads[name]])[0]
        expected = heads[name].grad
        assert (gradient is None) == (expected is None), name
        assert gradient is None or equal(gradient, cast("Tensor | None", expected)), name
    inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
    terms = loss.terms(inputs, cfg)
    for info in loss.term_infos:
        value = getattr(terms, info.name)
        if value is not None:
            assert any(equal(each, value) for each in candidates(found, info.name)), info.name


def given_values(cfg: LossConfig) -> dict[str, Any]:
    return {name: value for name, value in asdict(cfg).items() if name not in vars(LossConfig) or name == "weight"}


def candidates(found: Explained, name: str) -> list[Tensor]:
    """Terms of this name, be it a helper's; else any value or field: not all have a name of their own in the source."""
    named = [found.terms[each] for each in found.terms if each.split("@")[0].split(".")[-1] == name]
    values = [value.tensor for value in found.trace.recording.values.values()]
    return (
        named if name in LOCALS else [*named, *values, *(tensor for _, tensor in found.trace.recording.inputs.values())]
    )


def equal(one: Tensor, other: Tensor | None) -> bool:
    return other is not None and torch.equal(bits(one), bits(other))


def bits(value: Tensor) -> Tensor:
    """NaN equals NaN; -0.0 is not 0.0."""
    value = value.detach()
    return value.contiguous().view(torch.int64) if value.dtype == torch.float64 else value


@pytest.mark.parametrize(("name", "cfg"), configs(), ids=str)
def test_every_declared_term_loss_and_gradient_is_found_bit_for_bit(name: str, cfg: LossConfig) -> None:
    check(LOSSES[name], cfg, *BATCH.make())


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=4)
@given(data=st.data(), recipe=recipes(min_steps=3))
def test_any_batch_and_any_config(name: str, data: st.DataObject, recipe: Recipe) -> None:
    cfg = data.draw(CONFIGS[name])
    step_stream, out = recipe.make()
    try:
        LOSSES[name].inputs(step_stream, out, **LOSSES[name].stage_options(cfg))
        training_call(LOSSES[name], step_stream, out, cfg)
    except BatchError:
        return
    check(LOSSES[name], cfg, step_stream, out)
