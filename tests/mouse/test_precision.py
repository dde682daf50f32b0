"""Every float type, mixed types, autocast, and devices without values."""

import pytest
import torch
from tensordict import TensorDict
from torch.testing import assert_close

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call

NORMALIZED = {"normalize_reward_mean": True, "normalize_reward_std": True}
CASES = [
    ("dqn", DqnLossConfig(cql_weight=0.5)),
    ("dqn", DqnLossConfig(**NORMALIZED)),
    ("vec_dqn", VecDqnLossConfig()),
    ("vec_dqn", VecDqnLossConfig(**NORMALIZED)),
    ("sp", SpLossConfig()),
    ("sp", SpLossConfig(loss_type="js", label_smoothing=0.1)),
    ("sp", SpLossConfig(loss_type="kl-bwd", temperature=0.5)),
    ("sv", SvLossConfig()),
    ("sv", SvLossConfig(loss_type="mae")),
]
every_case = pytest.mark.parametrize(("name", "cfg"), CASES)
NARROW = [torch.float16, torch.bfloat16, torch.float32]


def batch(dim: int = 2) -> tuple[TensorDict, TensorDict]:
    """Values that bfloat16 holds exactly, so that the types differ in the arithmetic only."""
    step_stream, out = Recipe(batch=3, steps=6, actions=4, dim=dim, seed=5).make(torch.bfloat16)
    return double(step_stream), double(out)


def double(source: TensorDict) -> TensorDict:
    return cast_floats(source, torch.float64)


def cast_floats(source: TensorDict, dtype: torch.dtype) -> TensorDict:
    cast = {name: value.to(dtype) if value.is_floating_point() else value for name, value in source.items()}
    return TensorDict(cast, source.batch_size)


@every_case
@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("dim", [2, 4])
def test_a_narrow_type_gives_loss_metrics_and_gradient_of_float64_up_to_rounding(
    name: str, cfg: LossConfig, dtype: torch.dtype, dim: int
) -> None:
    loss, (step_stream, out) = LOSSES[name], batch(dim)
    expected, expected_metrics = training_call(loss, step_stream, out.requires_grad_(), cfg)
    step_stream, narrow = cast_floats(step_stream, dtype), cast_floats(out.detach(), dtype).requires_grad_()
    found, metrics = training_call(loss, step_stream, narrow, cfg)
    rounding = 16 * torch.finfo(dtype).eps
    assert_close(found.double(), expected, rtol=rounding, atol=rounding)
    assert metrics == pytest.approx(expected_metrics, rel=rounding, abs=rounding)
    expected.backward()
    found.backward()
    head = loss.heads[0]
    assert narrow[head].grad is not None
    assert narrow[head].grad.dtype == dtype
    assert_close(narrow[head].grad.double(), out[head].grad, rtol=4 * rounding, atol=4 * rounding)


@every_case
@pytest.mark.parametrize("fields", [*NARROW, torch.float64])
@pytest.mark.parametrize("heads", [*NARROW, torch.float64])
def test_fields_and_heads_may_differ_in_type(
    name: str, cfg: LossConfig, fields: torch.dtype, heads: torch.dtype
) -> None:
    step_stream, out = batch()
    expected = training_call(LOSSES[name], step_stream, out, cfg)[0]
    found = training_call(LOSSES[name], cast_floats(step_stream, fields), cast_floats(out, heads), cfg)[0]
    rounding = 16 * max(torch.finfo(fields).eps, torch.finfo(heads).eps)
    assert_close(found.double(), expected, rtol=rounding, atol=rounding)


@every_case
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("autocast", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("dim", [2, 4])
def test_autocast_changes_nothing(
    name: str, cfg: LossConfig, dtype: torch.dtype, autocast: torch.dtype, dim: int
) -> None:
    step_stream, out = (cast_floats(source, dtype) for source in batch(dim))
    expected = training_call(LOSSES[name], step_stream, out, cfg)
    with torch.autocast("cpu", autocast):
        found = training_call(LOSSES[name], step_stream, out, cfg)
    assert found[0].dtype == expected[0].dtype
    assert found == expected


@every_case
@pytest.mark.parametrize("dim", [2, 4])
def test_stages_need_no_values(name: str, cfg: LossConfig, dim: int) -> None:
    """On the meta device there are shapes only: a stage that looked at a value would fail."""
    loss, (step_stream, out) = LOSSES[name], batch(dim)
    real = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    step_stream, out = step_stream.to("meta"), out.to("meta")
    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    for info in loss.term_infos:
        term, expected = getattr(terms, info.name), getattr(real, info.name)
        assert (term is None) == (expected is None)
        if term is not None:
            assert term.is_meta
            assert term.shape == expected.shape
            assert term.dtype == expected.dtype
    assert loss.mean(terms).shape == ()
    assert {key: value.shape for key, value in loss.metrics(terms, loss.mean(terms), out).items()} == dict.fromkeys(
        training_call(loss, *batch(dim), cfg)[1], torch.Size([])
    )
