"""Vector DQN worked out by hand, and its laws."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch import Tensor
from torch.testing import assert_close

from mouse.geometry import rope_rotate
from mouse.losses.vec_dqn import (
    VecDqnLossConfig,
    VecDqnTerms,
    vec_dqn_inputs,
    vec_dqn_loss,
    vec_dqn_stage_options,
    vec_dqn_terms,
)
from tests.mouse.batches import Recipe, recipes
from tests.mouse.configs import vec_dqn_configs

QUARTER = math.pi / 2


def terms_of(step_stream: TensorDict, online: Tensor, target: Tensor, cfg: VecDqnLossConfig) -> VecDqnTerms:
    return vec_dqn_terms(vec_dqn_inputs(step_stream, online, target, **vec_dqn_stage_options(cfg)), cfg)


def by_hand() -> tuple[TensorDict, Tensor, Tensor]:
    """Two transitions of two actions in the plane, with lengths that must not matter."""
    step_stream = TensorDict(
        {"action": torch.tensor([[9, 1, 0]]), "reward": torch.tensor([[99.0, QUARTER, -QUARTER]])}, [1, 3]
    )
    online = torch.tensor([[[[7.0, 7.0], [3.0, 0.0]], [[0.0, 2.0], [7.0, 7.0]], [[1.0, 0.0], [0.0, 1.0]]]])
    target = torch.tensor([[[[7.0, 7.0], [7.0, 7.0]], [[5.0, 0.0], [0.0, 4.0]], [[0.0, 6.0], [1.0, 1.0]]]])
    return step_stream, online, target


def test_greedy_choice_quarter_turn_and_cosine_by_hand() -> None:
    step_stream, online, target = by_hand()
    terms = terms_of(step_stream, online, target, VecDqnLossConfig())
    assert terms.action.tolist() == [[1, 0]]
    assert terms.v_taken.tolist() == [[[3, 0], [0, 2]]]
    # Row 1 of the target: directions 0 and 90 degrees, action 1 leads by 90. Row 2: 90 and 45, action 0 leads by 45.
    assert_close(terms.scores, torch.tensor([[[-QUARTER, QUARTER], [QUARTER / 2, -QUARTER / 2]]]))
    assert terms.greedy_action.tolist() == [[1, 0]]
    assert terms.v_greedy.tolist() == [[[0, 4], [0, 6]]]
    # The reward turns (0, 4) by +90 degrees to (-4, 0), and (0, 6) by -90 to (6, 0).
    assert_close(terms.v_rotated, torch.tensor([[[-4.0, 0.0], [6.0, 0.0]]]))
    # (3, 0) and (-4, 0) are opposite: cosine -1. (0, 2) and (6, 0) are orthogonal: cosine 0.
    assert_close(terms.cosine, torch.tensor([[-1.0, 0.0]]))
    assert_close(terms.loss, torch.tensor([[2.0, 1.0]]))
    loss, metrics = vec_dqn_loss(step_stream, online, target, VecDqnLossConfig())
    assert loss.item() == pytest.approx(1.5)
    # Last step online: 0 and 90 degrees, scores -pi / 2 and pi / 2, as shares of pi one half each.
    assert metrics == pytest.approx(
        {
            "vec_dqn_loss": 1.5,
            "vec_dqn_score_abs_min": 0.5,
            "vec_dqn_score_abs_max": 0.5,
            "vec_dqn_score_abs_mean": 0.5,
        }
    )


def test_gradient_turns_the_vector_taken_and_leaves_the_target_alone_by_hand() -> None:
    step_stream, online, target = by_hand()
    vec_dqn_loss(step_stream, online.requires_grad_(), target.requires_grad_(), VecDqnLossConfig())[0].backward()
    # At (0, 2) with goal (6, 0): -(direction of the goal) / length / 2 transitions = (-1, 0) / 2 / 2.
    expected = torch.zeros_like(online)
    expected[0, 1, 0] = torch.tensor([-0.25, 0.0])
    assert_close(online.grad, expected)
    assert target.grad is None


def test_done_is_not_read() -> None:
    step_stream, out = Recipe().make()
    expected = vec_dqn_loss(step_stream, out["vec_dqn"], out["vec_dqn_target"], VecDqnLossConfig())
    found = vec_dqn_loss(step_stream.exclude("done"), out["vec_dqn"], out["vec_dqn_target"], VecDqnLossConfig())
    assert found == expected


@given(recipes(), vec_dqn_configs, st.floats(-10, 10), st.floats(0.01, 100))
def test_turning_and_stretching_all_vectors_keeps_the_loss(
    recipe: Recipe, cfg: VecDqnLossConfig, angle: float, factor: float
) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    step_stream, out = recipe.make()
    heads = out["vec_dqn"], out["vec_dqn_target"]
    online, target = (rope_rotate(v, torch.full(v.shape[:-1], angle, dtype=v.dtype)) * factor for v in heads)
    expected = vec_dqn_loss(step_stream, *heads, cfg)
    found = vec_dqn_loss(step_stream, online, target, cfg)
    assert_close(found[0], expected[0])
    assert found[1] == pytest.approx(expected[1])


@given(recipes(), st.floats(-5, 5))
def test_a_full_turn_more_changes_nothing(recipe: Recipe, shift: float) -> None:
    step_stream, out = recipe.make()
    once, again = (VecDqnLossConfig(reward_shift=shift + turns * math.tau) for turns in (0, 1))
    losses = [vec_dqn_loss(step_stream, out["vec_dqn"], out["vec_dqn_target"], cfg)[0] for cfg in (once, again)]
    assert_close(*losses)


@given(recipes())
def test_vectors_that_reached_their_goal_have_loss_zero_and_opposite_ones_two(recipe: Recipe) -> None:
    step_stream, out = recipe.make()
    terms = terms_of(step_stream, out["vec_dqn"], out["vec_dqn_target"], VecDqnLossConfig())
    online = torch.zeros_like(out["vec_dqn"])
    online[:, :-1] = terms.v_rotated.unsqueeze(-2)
    for sign, expected in ((1.0, 0.0), (-1.0, 2.0)):
        loss, _ = vec_dqn_loss(step_stream, sign * online, out["vec_dqn_target"], VecDqnLossConfig())
        assert_close(loss.item(), expected, rtol=0, atol=1e-12)


@given(recipes(), vec_dqn_configs)
def test_order_of_sequences_permutes_the_terms_and_keeps_the_loss(recipe: Recipe, cfg: VecDqnLossConfig) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    step_stream, out = recipe.make()
    order = torch.arange(recipe.batch).flip(0)
    heads = out["vec_dqn"], out["vec_dqn_target"]
    terms = terms_of(step_stream, *heads, cfg)
    permuted = terms_of(step_stream[order], heads[0][order], heads[1][order], cfg)
    for name in ("theta", "scores", "greedy_action", "v_greedy", "v_rotated", "cosine", "loss"):
        assert_close(getattr(permuted, name), getattr(terms, name)[order])


@given(recipes(), vec_dqn_configs, st.floats(-3, 3), st.floats(-3, 3))
def test_theta_is_linear_in_scale_and_shift(recipe: Recipe, cfg: VecDqnLossConfig, scale: float, shift: float) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    step_stream, out = recipe.make()
    terms = terms_of(
        step_stream, out["vec_dqn"], out["vec_dqn_target"], replace(cfg, reward_scale=scale, reward_shift=shift)
    )
    assert_close(terms.theta, terms.reward_normalized * scale + shift)
