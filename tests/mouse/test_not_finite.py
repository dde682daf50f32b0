"""NaN in gives NaN out, an infinity where it is used is shown, and nothing that is left out leaks in."""

import math
from typing import get_args

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_loss, dqn_terms
from mouse.losses.sp import Divergence, SpLossConfig, sp_inputs, sp_loss, sp_terms
from mouse.losses.sv import SvLossConfig, sv_loss
from mouse.losses.vec_dqn import VecDqnLossConfig, vec_dqn_loss
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call

DIVERGENCES = get_args(Divergence)
every_divergence = pytest.mark.parametrize("loss_type", DIVERGENCES)
RECIPE = Recipe(batch=2, steps=4, actions=3, dim=2, padding="none")

FLOATS = [
    ("dqn", "reward", DqnLossConfig()),
    ("dqn", "xformed_reward", DqnLossConfig(use_xformed_reward=True)),
    ("dqn", "reward", DqnLossConfig(normalize_reward_mean=True, normalize_reward_std=True)),
    ("dqn", "dqn", DqnLossConfig()),
    ("dqn", "dqn", DqnLossConfig(cql_weight=1.0)),
    ("dqn", "dqn_target", DqnLossConfig()),
    ("vec_dqn", "reward", VecDqnLossConfig()),
    ("vec_dqn", "xformed_reward", VecDqnLossConfig(use_xformed_reward=True)),
    ("vec_dqn", "vec_dqn", VecDqnLossConfig()),
    ("vec_dqn", "vec_dqn_target", VecDqnLossConfig()),
    *(("sp", "sp", SpLossConfig(loss_type=kind)) for kind in DIVERGENCES),
    *(("sp", "sp", SpLossConfig(loss_type=kind, label_smoothing=1.0)) for kind in DIVERGENCES),
    ("sv", "sv", SvLossConfig()),
    ("sv", "sv", SvLossConfig(loss_type="mae")),
]


def running(recipe: Recipe = RECIPE) -> tuple[TensorDict, TensorDict]:
    """A batch in one long episode that always takes action 1, so that every transition bootstraps."""
    step_stream, out = recipe.make()
    step_stream["done"] = torch.zeros_like(step_stream["done"])
    step_stream["action"] = torch.ones_like(step_stream["action"])
    return step_stream, out


def poison(step_stream: TensorDict, out: TensorDict, field: str, where: tuple[int, ...], value: float) -> None:
    source = out if field in out else step_stream
    source[field] = source[field].clone()
    source[field][where] = value


@pytest.mark.parametrize(("name", "field", "cfg"), FLOATS)
def test_one_nan_that_is_read_makes_loss_and_metric_nan(name: str, field: str, cfg: LossConfig) -> None:
    step_stream, out = running()
    poison(step_stream, out, field, (1, 2, 1)[: 3 if field in out else 2], math.nan)
    loss, metrics = training_call(LOSSES[name], step_stream, out, cfg)
    assert loss.isnan()
    assert math.isnan(metrics[f"{name}_loss"])


@pytest.mark.parametrize(("name", "field", "cfg"), FLOATS)
def test_a_field_of_nothing_but_nan_makes_the_loss_nan(name: str, field: str, cfg: LossConfig) -> None:
    step_stream, out = running()
    poison(step_stream, out, field, (), math.nan)
    assert training_call(LOSSES[name], step_stream, out, cfg)[0].isnan()


@pytest.mark.parametrize("dim", [2, 4])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("action", [0, 1, 2])
def test_a_target_vector_without_direction_makes_the_loss_nan_whichever_action_has_it(
    dim: int, value: float, action: int
) -> None:
    step_stream, out = running(Recipe(batch=2, steps=4, actions=3, dim=dim))
    poison(step_stream, out, "vec_dqn_target", (1, 2, action, 0), value)
    loss, _ = vec_dqn_loss(step_stream, out["vec_dqn"], out["vec_dqn_target"], VecDqnLossConfig())
    assert loss.isnan()


@pytest.mark.parametrize("dim", [2, 4])
def test_a_nan_in_an_online_vector_of_the_last_step_shows_in_the_scores(dim: int) -> None:
    step_stream, out = running(Recipe(batch=2, steps=4, actions=3, dim=dim))
    poison(step_stream, out, "vec_dqn", (1, -1, 2, 1), math.nan)
    _, metrics = vec_dqn_loss(step_stream, out["vec_dqn"], out["vec_dqn_target"], VecDqnLossConfig())
    spread = [metrics[f"vec_dqn_score_abs_{part}"] for part in ("min", "max", "mean")]
    assert all(math.isnan(value) for value in spread)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_rows_that_no_transition_reads_do_not_matter(value: float) -> None:
    """Row 0's reward and target and the last row's online values belong to no transition."""
    step_stream, out = running()
    cfg = DqnLossConfig(cql_weight=1.0)
    expected = dqn_loss(step_stream, out, cfg)
    poison(step_stream, out, "reward", (0, 0), value)
    poison(step_stream, out, "dqn_target", (0, 0), value)
    poison(step_stream, out, "dqn", (0, -1), value)
    step_stream["action"][:, 0] = -1
    assert dqn_loss(step_stream, out, cfg) == expected


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_next_value_with_discount_zero_bootstraps_exactly_zero_whatever_it_is(value: float) -> None:
    step_stream, out = running()
    step_stream["done"][0, 2] = 1
    poison(step_stream, out, "dqn_target", (0, 2), value)
    terms = dqn_terms(dqn_inputs(step_stream, out), DqnLossConfig())
    assert terms.bootstrap[0, 1] == 0
    assert terms.td_target[0, 1] == step_stream["reward"][0, 2]
    assert dqn_loss(step_stream, out, DqnLossConfig())[0].isfinite()


def test_an_infinite_next_value_with_a_discount_is_shown() -> None:
    step_stream, out = running()
    poison(step_stream, out, "dqn_target", (0, 2, 0), math.inf)
    loss, metrics = dqn_loss(step_stream, out, DqnLossConfig())
    assert loss == math.inf
    assert metrics["q_values_target"] == math.inf


def padded(value: float) -> tuple[TensorDict, Tensor, Tensor]:
    """Six steps, some with padded actions and one with nothing else; logits there have the given value."""
    step_stream, out = Recipe(batch=2, steps=3, actions=4, padding="scattered", seed=3).make(torch.float32)
    step_stream["q_star"][1, 2] = -math.inf
    invalid = step_stream["q_star"] == -math.inf
    assert 4 < invalid.sum() < 20
    return step_stream, out["sp"].masked_fill(invalid, value), invalid


@every_divergence
@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("value", [0.0, 1e30, 3e38, -1e30, math.inf, -math.inf, math.nan])
def test_padded_actions_add_nothing_and_receive_exactly_zero_gradient(
    loss_type: Divergence, smoothing: float, value: float
) -> None:
    cfg = SpLossConfig(loss_type=loss_type, label_smoothing=smoothing)
    step_stream, logits, invalid = padded(value)
    logits.requires_grad_()
    loss, _ = sp_loss(step_stream, logits, cfg)
    assert loss == sp_loss(step_stream, padded(0.0)[1], cfg)[0]
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert (logits.grad[invalid] == 0).all()
    assert (logits.grad[~invalid] != 0).any()
    terms = sp_terms(sp_inputs(step_stream, logits), cfg)
    for part in (terms.teacher, terms.student, terms.divergence):
        assert (part[invalid] == 0).all()
    assert terms.log_student.isfinite().all()
    assert terms.log_teacher.isfinite().all()


@every_divergence
def test_large_logits_and_a_cold_teacher_stay_finite(loss_type: Divergence) -> None:
    cfg = SpLossConfig(loss_type=loss_type, temperature=0.01)
    step_stream, logits, _ = padded(0.0)
    logits = (logits * 1e4).requires_grad_()
    loss, _ = sp_loss(step_stream, logits, cfg)
    gradient = torch.autograd.grad(loss, logits)[0]
    assert loss.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("loss_type", ["mse", "mae"])
def test_values_of_padded_actions_add_nothing_and_receive_zero_gradient(value: float, loss_type: str) -> None:
    step_stream, logits, invalid = padded(value)
    logits.requires_grad_()
    cfg = SvLossConfig(loss_type=loss_type)  # pyright: ignore[reportArgumentType]
    loss, _ = sv_loss(step_stream, logits, cfg)
    assert loss == sv_loss(step_stream, padded(0.0)[1], cfg)[0]
    gradient = torch.autograd.grad(loss, logits)[0]
    assert gradient.isfinite().all()
    assert (gradient[invalid] == 0).all()


@pytest.mark.parametrize("dim", [2, 4])
def test_a_zero_vector_has_cosine_zero_and_a_finite_gradient(dim: int) -> None:
    step_stream, out = running(Recipe(batch=1, steps=3, actions=2, dim=dim))
    poison(step_stream, out, "vec_dqn", (0, 0), 0.0)
    poison(step_stream, out, "vec_dqn_target", (0, 2), 0.0)
    head = out["vec_dqn"].requires_grad_()
    loss, metrics = vec_dqn_loss(step_stream, head, out["vec_dqn_target"], VecDqnLossConfig())
    loss.backward()
    assert metrics["vec_dqn_loss"] == 1
    assert head.grad is not None
    assert head.grad.isfinite().all()
