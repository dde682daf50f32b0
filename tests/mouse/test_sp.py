"""Supervised policy worked out by hand, and the laws its divergences obey."""

import math
from dataclasses import replace
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch import Tensor
from torch.testing import assert_close

from mouse.losses.sp import Divergence, SpLossConfig, SpTerms, sp_inputs, sp_loss, sp_terms
from tests.mouse.batches import Recipe, recipes
from tests.mouse.configs import sp_configs

DIVERGENCES = get_args(Divergence)
INVALID = -math.inf
every_divergence = pytest.mark.parametrize("loss_type", DIVERGENCES)


def step(q_star: list[float], logits: list[float]) -> tuple[TensorDict, Tensor]:
    """One state; logits are given as logarithms of unnormalised probabilities."""
    return TensorDict({"q_star": torch.tensor([[q_star]])}, [1, 1]), torch.tensor([[logits]])


def terms_of(step_stream: TensorDict, logits: Tensor, cfg: SpLossConfig) -> SpTerms:
    return sp_terms(sp_inputs(step_stream, logits), cfg)


def entropy(p: Tensor) -> Tensor:
    return -(p * p.clamp_min(1e-300).log()).sum(dim=-1)


# The teacher over the two valid actions is (3/4, 1/4): q_star differs by log 3. The student is (1/2, 1/2).
LOG = math.log
BY_HAND = {
    "ce": LOG(2),  # P = (1, 0): -1 log 1/2
    "ce-soft-fwd": LOG(2),  # -3/4 log 1/2 - 1/4 log 1/2
    "ce-soft-bwd": -0.5 * LOG(3 / 4) - 0.5 * LOG(1 / 4),
    "kl-fwd": 3 / 4 * LOG(3 / 2) + 1 / 4 * LOG(1 / 2),  # (3/4) / (1/2), (1/4) / (1/2)
    "kl-bwd": 0.5 * LOG(2 / 3) + 0.5 * LOG(2),
    # The mixture of both is (5/8, 3/8).
    "js": 0.5 * (3 / 4 * LOG(6 / 5) + 1 / 4 * LOG(2 / 3)) + 0.5 * (0.5 * LOG(4 / 5) + 0.5 * LOG(4 / 3)),
}


@pytest.mark.parametrize(("loss_type", "expected"), BY_HAND.items())
def test_each_divergence_by_hand(loss_type: Divergence, expected: float) -> None:
    step_stream, logits = step([LOG(3), INVALID, 0.0], [5.0, 99.0, 5.0])
    loss, metrics = sp_loss(step_stream, logits, SpLossConfig(loss_type=loss_type))
    assert loss.item() == pytest.approx(expected)
    assert metrics == {"sp_loss": loss.item()}


def test_temperature_divides_the_optimal_values_only() -> None:
    # q_star / 2 differs by log 3 as before; the student's log 3 stays: Q = (3/4, 1/4) = P.
    step_stream, logits = step([2 * LOG(3), 0.0], [LOG(3), 0.0])
    terms = terms_of(step_stream, logits, SpLossConfig(loss_type="kl-fwd", temperature=2.0))
    assert_close(terms.teacher, torch.tensor([[[0.75, 0.25]]]))
    assert_close(terms.student, torch.tensor([[[0.75, 0.25]]]))
    assert_close(terms.loss, torch.zeros(1, 1))


@every_divergence
def test_label_smoothing_mixes_the_uniform_into_the_teacher_by_hand(loss_type: Divergence) -> None:
    # e = 0.4 over two valid actions: 0.6 P + 0.2. P = (1, 0) for ce, else (3/4, 1/4).
    step_stream, logits = step([LOG(3), INVALID, 0.0], [1.0, 2.0, 3.0])
    terms = terms_of(step_stream, logits, SpLossConfig(loss_type=loss_type, label_smoothing=0.4))
    expected = [0.8, 0.0, 0.2] if loss_type == "ce" else [0.65, 0.0, 0.35]
    assert_close(terms.teacher, torch.tensor([[expected]]))
    unsmoothed = terms_of(step_stream, logits, SpLossConfig(loss_type=loss_type))
    assert torch.equal(terms.student, unsmoothed.student)


def test_steps_without_valid_action_are_left_out_of_the_mean_by_hand() -> None:
    q_star = torch.tensor([[[0.0, 1.0], [INVALID, INVALID], [2.0, INVALID]]])
    logits = torch.tensor([[[LOG(3), 0.0], [7.0, 7.0], [1.0, 5.0]]])
    # Step 0: -log 1/4. Step 1: left out. Step 2: one valid action, probability 1, -log 1. Mean over two steps.
    loss, _ = sp_loss(TensorDict({"q_star": q_star}, [1, 3]), logits, SpLossConfig())
    assert loss.item() == pytest.approx(LOG(4) / 2)


def test_the_first_of_equally_good_actions_is_the_teachers() -> None:
    terms = terms_of(*step([INVALID, 2.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]), SpLossConfig())
    assert terms.teacher.tolist() == [[[0, 1, 0, 0]]]


def test_optimal_values_keep_their_precision_beside_narrower_logits() -> None:
    q_star = torch.tensor([[[1.0, 1.0 + 1e-12]]], dtype=torch.float64)
    step_stream, logits = TensorDict({"q_star": q_star}, [1, 1]), torch.zeros(1, 1, 2)
    assert terms_of(step_stream, logits, SpLossConfig()).teacher.tolist() == [[[0, 1]]]
    step_stream["q_star"] = 1e300 * q_star
    for loss_type in DIVERGENCES:
        terms = terms_of(step_stream, logits, SpLossConfig(loss_type=loss_type, temperature=100.0))
        assert terms.teacher.tolist() == [[[0, 1]]]
        assert terms.teacher.dtype == torch.float32
        assert not terms.loss.isnan().any()


@given(recipes(min_steps=1), sp_configs)
def test_order_of_actions_permutes_the_terms_and_keeps_the_loss(recipe: Recipe, cfg: SpLossConfig) -> None:
    recipe = replace(recipe, ties=False)  # ties are resolved by the order
    step_stream, out = recipe.make()
    flipped = step_stream.clone().set("q_star", step_stream["q_star"].flip(-1))
    terms, mirrored = terms_of(step_stream, out["sp"], cfg), terms_of(flipped, out["sp"].flip(-1), cfg)
    for name in ("valid", "teacher", "student", "divergence"):
        assert_close(getattr(mirrored, name), getattr(terms, name).flip(-1))
    assert_close(mirrored.loss, terms.loss)


@given(recipes(min_steps=1), sp_configs, st.floats(-50, 50))
def test_an_offset_of_logits_or_values_changes_nothing(recipe: Recipe, cfg: SpLossConfig, offset: float) -> None:
    step_stream, out = recipe.make()
    moved = step_stream.clone().set("q_star", step_stream["q_star"] + offset)
    if not recipe.ties:
        expected = sp_loss(step_stream, out["sp"], cfg)[0]
        assert_close(sp_loss(moved, out["sp"] - 3 * offset, cfg)[0], expected, rtol=1e-5, atol=1e-7)


@given(recipes(min_steps=1), st.floats(0.01, 100), st.floats(0, 1))
def test_a_student_equal_to_the_teacher_has_no_divergence(recipe: Recipe, temperature: float, e: float) -> None:
    step_stream, _ = recipe.make()
    cfg = SpLossConfig(temperature=temperature, label_smoothing=e, loss_type="kl-fwd")
    teacher = terms_of(step_stream, torch.zeros_like(step_stream["q_star"]), cfg).log_teacher
    for loss_type in ("kl-fwd", "kl-bwd", "js"):
        loss = terms_of(step_stream, teacher, replace(cfg, loss_type=loss_type)).loss
        assert_close(loss, torch.zeros_like(loss), rtol=0, atol=1e-12)
    for loss_type in ("ce-soft-fwd", "ce-soft-bwd"):
        terms = terms_of(step_stream, teacher, replace(cfg, loss_type=loss_type))
        assert_close(terms.loss, entropy(terms.teacher))


@given(recipes(min_steps=1), sp_configs)
def test_divergences_are_not_negative_and_differ_by_entropies(recipe: Recipe, cfg: SpLossConfig) -> None:
    step_stream, out = recipe.make()
    cfg = replace(cfg, loss_type="kl-fwd")
    by_type = {kind: terms_of(step_stream, out["sp"], replace(cfg, loss_type=kind)) for kind in DIVERGENCES}
    kl = by_type["kl-fwd"]
    assert_close(by_type["ce-soft-fwd"].loss - kl.loss, entropy(kl.teacher), rtol=1e-6, atol=1e-6)
    back = by_type["ce-soft-bwd"].loss - by_type["kl-bwd"].loss
    assert_close(back, entropy(kl.student), rtol=1e-6, atol=1e-6)
    for terms in by_type.values():
        assert (terms.loss >= -1e-9).all()
    assert (by_type["js"].loss <= math.log(2) + 1e-9).all()


@given(recipes(min_steps=1))
def test_js_is_symmetric(recipe: Recipe) -> None:
    step_stream, out = recipe.make()
    invalid = step_stream["q_star"] == INVALID
    cfg = SpLossConfig(loss_type="js")
    swapped = step_stream.clone().set("q_star", out["sp"].masked_fill(invalid, INVALID))
    logits = step_stream["q_star"].masked_fill(invalid, 0.0)
    assert_close(terms_of(swapped, logits, cfg).loss, terms_of(step_stream, out["sp"], cfg).loss)


def test_js_of_distributions_that_share_nothing_is_log_two() -> None:
    loss, _ = sp_loss(*step([1e9, 0.0], [0.0, 1e9]), SpLossConfig(loss_type="js"))
    assert loss.item() == pytest.approx(math.log(2))


@given(recipes(min_steps=1), sp_configs)
def test_probabilities_sum_to_one_where_an_action_is_valid_and_to_zero_elsewhere(
    recipe: Recipe, cfg: SpLossConfig
) -> None:
    step_stream, out = recipe.make()
    terms = terms_of(step_stream, out["sp"], cfg)
    expected = terms.counted.double()
    assert_close(terms.teacher.sum(dim=-1), expected)
    assert_close(terms.student.sum(dim=-1), expected)


@given(recipes(min_steps=1), sp_configs)
def test_full_smoothing_makes_the_teacher_uniform_whatever_it_was(recipe: Recipe, cfg: SpLossConfig) -> None:
    step_stream, out = recipe.make()
    terms = terms_of(step_stream, out["sp"], replace(cfg, label_smoothing=1.0))
    assert_close(terms.teacher, terms.valid / terms.valid.sum(dim=-1, keepdim=True).clamp_min(1).double())


@given(recipes(min_steps=1), sp_configs)
def test_only_ce_ignores_the_temperature(recipe: Recipe, cfg: SpLossConfig) -> None:
    step_stream, out = recipe.make()
    cold, warm = (replace(cfg, loss_type="ce", temperature=value) for value in (0.01, 100.0))
    assert sp_loss(step_stream, out["sp"], cold)[0] == sp_loss(step_stream, out["sp"], warm)[0]
    soft = terms_of(step_stream, out["sp"], replace(cold, loss_type="ce-soft-fwd", label_smoothing=0.0)).teacher
    if not recipe.ties:
        hard = terms_of(step_stream, out["sp"], replace(cold, label_smoothing=0.0)).teacher
        assert torch.equal(soft.argmax(dim=-1), hard.argmax(dim=-1))


@pytest.mark.parametrize("loss_type", get_args(Divergence))
def test_a_model_that_masks_its_own_logits_keeps_loss_and_gradient_finite(loss_type: Divergence) -> None:
    step_stream = TensorDict({"q_star": torch.tensor([[[1.0, 0.0, 0.5]]])}, batch_size=[1, 1])
    logits = torch.tensor([[[0.0, -torch.inf, 1.0]]], requires_grad=True)
    for smoothing in (0.0, 0.1):
        loss, _ = sp_loss(step_stream, logits, SpLossConfig(loss_type=loss_type, label_smoothing=smoothing))
        (gradient,) = torch.autograd.grad(loss, logits)
        assert loss.isfinite()
        assert bool(gradient.isfinite().all())
