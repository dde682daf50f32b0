"""Supervised value worked out by hand, and its laws."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch.testing import assert_close

from mouse.losses.sv import SvLossConfig, sv_inputs, sv_loss, sv_terms
from tests.mouse.batches import Recipe, recipes

MSE, MAE = SvLossConfig(loss_type="mse"), SvLossConfig(loss_type="mae")


def by_hand() -> tuple[TensorDict, torch.Tensor]:
    q_star = torch.tensor([[[1.0, 2.0], [-math.inf, 5.0]]])
    return TensorDict({"q_star": q_star}, [1, 2]), torch.tensor([[[3.0, 1.0], [1e9, 1.0]]])


def test_both_losses_by_hand() -> None:
    step_stream, sv = by_hand()
    terms = sv_terms(sv_inputs(step_stream, sv), MSE)
    # Residuals 3 - 1, 1 - 2, (padded), 1 - 5; three entries count.
    assert terms.residual.tolist() == [[[2, -1], [0, -4]]]
    assert terms.entries.tolist() == [[2, 1]]
    assert terms.entry_loss.tolist() == [[[4, 1], [0, 16]]]
    assert terms.loss.tolist() == [[5, 16]]
    loss, metrics = sv_loss(step_stream, sv, MSE)
    assert loss.item() == pytest.approx(21 / 3)
    assert metrics == {"sv_loss": loss.item()}
    assert sv_loss(step_stream, sv, MAE)[0].item() == pytest.approx(7 / 3)  # (2 + 1 + 4) / 3


def test_gradients_by_hand() -> None:
    step_stream, sv = by_hand()
    sv.requires_grad_()
    squared = torch.autograd.grad(sv_loss(step_stream, sv, MSE)[0], sv)[0]
    assert_close(squared, torch.tensor([[[4 / 3, -2 / 3], [0.0, -8 / 3]]]))  # 2 residual / 3
    absolute = torch.autograd.grad(sv_loss(step_stream, sv, MAE)[0], sv)[0]
    assert_close(absolute, torch.tensor([[[1 / 3, -1 / 3], [0.0, -1 / 3]]]))  # sign / 3


@given(recipes(min_steps=1), st.floats(-10, 10))
def test_predictions_off_by_a_constant_cost_its_size(recipe: Recipe, offset: float) -> None:
    step_stream, _ = recipe.make()
    sv = step_stream["q_star"].masked_fill(step_stream["q_star"] == -math.inf, 7.0) + offset
    assert_close(sv_loss(step_stream, sv, MSE)[0].item(), offset**2)
    assert_close(sv_loss(step_stream, sv, MAE)[0].item(), abs(offset))


@given(recipes(min_steps=1), st.floats(0.1, 10))
def test_other_units_scale_mse_by_the_square_and_mae_linearly(recipe: Recipe, unit: float) -> None:
    step_stream, out = recipe.make()
    scaled = step_stream.clone().set("q_star", step_stream["q_star"] * unit)
    for cfg, factor in ((MSE, unit**2), (MAE, unit)):
        assert_close(sv_loss(scaled, out["sv"] * unit, cfg)[0], factor * sv_loss(step_stream, out["sv"], cfg)[0])


@given(recipes(min_steps=1), st.sampled_from([MSE, MAE]))
def test_order_of_sequences_permutes_the_terms_and_keeps_the_loss(recipe: Recipe, cfg: SvLossConfig) -> None:
    step_stream, out = recipe.make()
    order = torch.arange(recipe.batch).flip(0)
    terms = sv_terms(sv_inputs(step_stream, out["sv"]), cfg)
    permuted = sv_terms(sv_inputs(step_stream[order], out["sv"][order]), cfg)
    for name in ("valid", "entries", "residual", "entry_loss", "loss"):
        assert torch.equal(getattr(permuted, name), getattr(terms, name)[order])
    assert_close(sv_loss(step_stream[order], out["sv"][order], cfg)[0], sv_loss(step_stream, out["sv"], cfg)[0])


@pytest.mark.parametrize("cfg", [MSE, MAE])
def test_a_large_batch_in_half_precision_neither_overflows_nor_vanishes(cfg: SvLossConfig) -> None:
    # 2^17 entries of loss 1: neither the sum nor the number of entries is a float16.
    shape = (64, 512, 4)
    step_stream = TensorDict({"q_star": torch.ones(shape, dtype=torch.float16)}, shape[:2])
    loss, _ = sv_loss(step_stream, torch.full(shape, 2.0, dtype=torch.float16), cfg)
    assert loss == 1
