"""DQN worked out by hand, and the laws it obeys on any batch."""

import dataclasses
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch.testing import assert_close

from mouse.losses.dqn import DqnLossConfig, DqnTerms, dqn_inputs, dqn_loss, dqn_stage_options, dqn_terms
from tests.mouse.batches import Recipe, recipes
from tests.mouse.configs import dqn_configs

numbers = st.floats(-5, 5)


def terms_of(step_stream: TensorDict, out: TensorDict, cfg: DqnLossConfig) -> DqnTerms:
    return dqn_terms(dqn_inputs(step_stream, out, **dqn_stage_options(cfg)), cfg)


def one_row() -> tuple[TensorDict, TensorDict]:
    """Four steps, so three transitions: a running one, a terminal one, a truncated one. Row 0 is never read."""
    step_stream = TensorDict(
        {
            "action": torch.tensor([[9, 1, 0, 1]]),
            "reward": torch.tensor([[99.0, 1.0, 2.0, -3.0]]),
            "done": torch.tensor([[2, 0, 1, 2]]),
        },
        [1, 4],
    )
    out = TensorDict(
        {
            "dqn": torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [70.0, 80.0]]]),
            "dqn_target": torch.tensor([[[90.0, 90.0], [10.0, 20.0], [40.0, 30.0], [50.0, 60.0]]]),
        },
        [1, 4],
    )
    return step_stream, out


def test_alignment_terminal_and_truncated_by_hand() -> None:
    step_stream, out = one_row()
    cfg = DqnLossConfig(gamma=0.5, gamma_terminal=0.0, gamma_truncated=0.25)
    terms = terms_of(step_stream, out, cfg)
    # Transition t takes action, reward and done from row t+1, Q from row t, the target's Q from row t+1.
    assert terms.action.tolist() == [[1, 0, 1]]
    assert terms.terminal.tolist() == [[False, True, False]]
    assert terms.truncated.tolist() == [[False, False, True]]
    assert terms.reward.tolist() == [[1, 2, -3]]
    assert terms.discount.tolist() == [[0.5, 0, 0.25]]
    assert terms.q_taken.tolist() == [[2, 3, 6]]  # Q(0, 1), Q(1, 0), Q(2, 1)
    assert terms.q_next_max.tolist() == [[20, 40, 60]]
    assert terms.bootstrap.tolist() == [[10, 0, 15]]  # 0.5 * 20, 0 * 40, 0.25 * 60
    assert terms.td_target.tolist() == [[11, 2, 12]]  # 1 + 10, 2 + 0, -3 + 15
    assert terms.td_error.tolist() == [[9, -1, 6]]  # 11 - 2, 2 - 3, 12 - 6
    assert terms.loss.tolist() == [[81, 1, 36]]
    loss, metrics = dqn_loss(step_stream, out, cfg)
    assert loss == torch.tensor(118 / 3)  # (81 + 1 + 36) / 3
    assert metrics == pytest.approx(
        {
            "q_values_mean": 11 / 3,  # (2 + 3 + 6) / 3
            "q_values_std": math.sqrt(13 / 3),  # deviations -5/3, -2/3, 7/3: (25 + 4 + 49) / 9 / 2
            "q_values_min": 2,
            "q_values_max": 6,
            "q_values_target": 25 / 3,  # (11 + 2 + 12) / 3
            "dqn_loss": 118 / 3,
        }
    )


def test_by_default_only_running_transitions_bootstrap() -> None:
    terms = terms_of(*one_row(), DqnLossConfig())
    assert_close(terms.bootstrap, torch.tensor([[0.99 * 20, 0.0, 0.0]]))


def test_gradient_reaches_only_the_value_of_the_action_taken_by_hand() -> None:
    step_stream, out = one_row()
    out["dqn"].requires_grad_()
    out["dqn_target"].requires_grad_()
    dqn_loss(step_stream, out, DqnLossConfig(gamma=0.5, gamma_truncated=0.25))[0].backward()
    # -2 * td_error / 3 at the action taken: -2 * 9 / 3, 2 * 1 / 3, -2 * 6 / 3.
    assert_close(out["dqn"].grad, torch.tensor([[[0.0, -6.0], [2 / 3, 0.0], [0.0, -4.0], [0.0, 0.0]]]))
    assert out["dqn_target"].grad is None


def test_conservative_penalty_by_hand() -> None:
    step_stream, out = one_row()
    # Q(0) = (0, log 3): logsumexp = log(1 + 3) = log 4; action 1 was taken: penalty log 4 - log 3.
    out["dqn"] = torch.tensor([0.0, math.log(3)]).expand(1, 4, 2)
    cfg = DqnLossConfig(gamma=0.5, cql_weight=2.0, cql_scale_q_eps=0.5)
    terms = terms_of(step_stream, out, cfg)
    penalty = math.log(4 / 3)
    assert terms.cql_penalty is not None
    assert_close(terms.cql_penalty[0], torch.tensor([penalty, math.log(4), penalty]))
    # td_target = 11, 2, -3: scale |11| + 0.5, |2| + 0.5, |-3| + 0.5.
    assert_close(terms.cql_scale, torch.tensor([[11.5, 2.5, 3.5]]))
    assert terms.cql_loss is not None
    assert_close(terms.cql_loss[0, 0], torch.tensor(2 * 11.5 * penalty))
    assert_close(terms.loss[0, 0], torch.tensor((11 - math.log(3)) ** 2 + 23 * penalty))
    _, metrics = dqn_loss(step_stream, out, cfg)
    assert metrics["cql_penalty"] == pytest.approx((2 * penalty + math.log(4)) / 3)


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        (False, False, [1.0, 3.0, 8.0]),
        (True, False, [-3.0, -1.0, 4.0]),  # the mean of 1, 3, 8 is 4
        (False, True, [1 / math.sqrt(13), 3 / math.sqrt(13), 8 / math.sqrt(13)]),  # variance (9 + 1 + 16) / 2 = 13
        (True, True, [-3 / math.sqrt(13), -1 / math.sqrt(13), 4 / math.sqrt(13)]),
    ],
)
def test_reward_is_normalised_per_sequence_then_scaled_then_shifted_by_hand(
    mean: bool, std: bool, expected: list[float]
) -> None:
    step_stream, out = Recipe(batch=2, steps=4).make()
    step_stream["reward"] = torch.tensor([[77, 1, 3, 8], [-7, 0, 0, 0]], dtype=torch.float64)
    cfg = DqnLossConfig(normalize_reward_mean=mean, normalize_reward_std=std, reward_scale=10.0, reward_shift=0.5)
    terms = terms_of(step_stream, out, cfg)
    normalized = torch.tensor([expected, [0.0, 0.0, 0.0]], dtype=torch.float64)
    assert_close(terms.reward_normalized, normalized)
    assert_close(terms.reward, normalized * 10 + 0.5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("reward", [0.1, -0.3, 1000.1])
def test_a_constant_reward_is_normalised_to_zero(dtype: torch.dtype, reward: float) -> None:
    step_stream, out = Recipe(batch=1, steps=128).make(dtype)
    step_stream["reward"] = torch.full_like(step_stream["reward"], reward)
    terms = terms_of(step_stream, out, DqnLossConfig(normalize_reward_mean=True, normalize_reward_std=True))
    assert (terms.reward_normalized == 0).all()


def test_the_alternative_reward_takes_the_place_of_the_reward() -> None:
    step_stream, out = Recipe().make()
    cfg = DqnLossConfig(use_xformed_reward=True)
    swapped = step_stream.clone().set("reward", step_stream["xformed_reward"])
    assert dqn_loss(step_stream, out, cfg) == dqn_loss(swapped, out, DqnLossConfig())


@given(recipes(), dqn_configs, st.integers(0, 2**32 - 1))
def test_order_of_sequences_permutes_the_terms_and_keeps_the_loss(
    recipe: Recipe, cfg: DqnLossConfig, seed: int
) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    step_stream, out = recipe.make()
    order = torch.randperm(recipe.batch, generator=torch.Generator().manual_seed(seed))
    terms, permuted = terms_of(step_stream, out, cfg), terms_of(step_stream[order], out[order], cfg)
    for field in dataclasses.fields(terms):  # pyright: ignore[reportArgumentType]
        if (term := getattr(terms, field.name)) is not None:
            assert torch.equal(getattr(permuted, field.name), term[order])
    assert_close(dqn_loss(step_stream[order], out[order], cfg)[0], dqn_loss(step_stream, out, cfg)[0])


@given(recipes(), dqn_configs)
def test_without_discount_the_target_is_the_reward(recipe: Recipe, cfg: DqnLossConfig) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    terms = terms_of(*recipe.make(), replace(cfg, gamma=0.0, gamma_terminal=0.0, gamma_truncated=0.0))
    assert torch.equal(terms.td_target, terms.reward)
    assert (terms.bootstrap == 0).all()


@given(recipes(), numbers, numbers)
def test_target_is_linear_in_scale_and_shift(recipe: Recipe, scale: float, shift: float) -> None:
    step_stream, out = recipe.make()
    plain = terms_of(step_stream, out, DqnLossConfig())
    moved = terms_of(step_stream, out, DqnLossConfig(reward_scale=scale, reward_shift=shift))
    assert_close(moved.td_target - plain.td_target, (scale - 1) * plain.reward + shift)


@given(recipes(), st.floats(0.1, 10))
def test_rewards_and_values_in_other_units_scale_the_loss_by_the_square(recipe: Recipe, unit: float) -> None:
    step_stream, out = recipe.make()
    expected = unit**2 * dqn_loss(step_stream, out, DqnLossConfig())[0]
    for source, name in ((step_stream, "reward"), (out, "dqn"), (out, "dqn_target")):
        source[name] = source[name] * unit
    assert_close(dqn_loss(step_stream, out, DqnLossConfig())[0], expected)


@given(recipes(), dqn_configs, st.floats(0.1, 3))
def test_the_penalty_is_never_negative_and_enters_in_proportion_to_its_weight(
    recipe: Recipe, cfg: DqnLossConfig, weight: float
) -> None:
    cfg = replace(cfg, normalize_reward_std=False)  # a constant row over eps would drown the penalty
    step_stream, out = recipe.make()
    without, once, twice = (
        dqn_loss(step_stream, out, replace(cfg, cql_weight=factor * weight))[0] for factor in (0, 1, 2)
    )
    assert_close(twice - without, 2 * (once - without), rtol=1e-6, atol=1e-6)
    penalty = terms_of(step_stream, out, replace(cfg, cql_weight=weight)).cql_penalty
    assert penalty is not None
    assert (penalty >= 0).all()


@given(recipes(), dqn_configs, st.floats(0.1, 3), st.floats(0, 1))
def test_the_weight_and_tau_are_not_read_by_the_loss(
    recipe: Recipe, cfg: DqnLossConfig, weight: float, tau: float
) -> None:
    assume(recipe.steps > 2 or not cfg.normalize_reward_std)
    step_stream, out = recipe.make()
    changed = dqn_loss(step_stream, out, replace(cfg, weight=weight, tau=tau))
    expected = dqn_loss(step_stream, out, cfg)
    assert changed[0] == expected[0]
    assert changed[1] == pytest.approx(expected[1], rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.uint8])
def test_any_integer_type_will_do_for_action_and_done(dtype: torch.dtype) -> None:
    step_stream, out = Recipe().make()
    narrow = step_stream.clone()
    narrow["action"], narrow["done"] = step_stream["action"].to(dtype), step_stream["done"].to(dtype)
    assert dqn_loss(narrow, out, DqnLossConfig()) == dqn_loss(step_stream, out, DqnLossConfig())
