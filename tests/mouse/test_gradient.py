"""Gradients of a head: what backward() of the training call leaves, by hand, and in parts."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from tensordict import TensorDict
from torch import Tensor

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.gradient import gradient_infos, head_gradient, pull_back, upstream
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe, recipes
from tests.mouse.calls import training_call

CONFIGS: dict[str, LossConfig] = {
    **{name: loss.config() for name, loss in LOSSES.items()},
    "dqn": DqnLossConfig(gamma=0.9, cql_weight=0.5, normalize_reward_mean=True),
    "vec_dqn": VecDqnLossConfig(reward_scale=0.7),
    "sp": SpLossConfig(loss_type="js", temperature=0.5, label_smoothing=0.1),
    "sv": SvLossConfig(loss_type="mse"),
}


def trained(name: str, step_stream: TensorDict, out: TensorDict) -> Tensor:
    """The gradient that a training loop gets."""
    loss, given_out = LOSSES[name], out.clone()
    head: Any = given_out[loss.heads[0]]
    head.requires_grad_()
    training_call(loss, step_stream, given_out, CONFIGS[name])[0].backward()
    return head.grad


@pytest.mark.parametrize("name", LOSSES)
@given(recipe=recipes())
def test_it_is_what_backward_leaves_bit_for_bit(name: str, recipe: Recipe) -> None:
    step_stream, out = recipe.make()
    try:
        expected = trained(name, step_stream, out)
    except BatchError:  # no action is valid anywhere: the loss judges values, its gradient does not
        return
    assert torch.equal(head_gradient(LOSSES[name], step_stream, out, CONFIGS[name]), expected)


def test_one_transition_by_hand() -> None:
    step_stream = TensorDict(
        {
            "action": torch.tensor([[0, 1]]),
            "reward": torch.tensor([[0.0, 2.0]]),
            "done": torch.tensor([[0, 0]]),
        },
        [1, 2],
    )
    out = TensorDict(
        {"dqn": torch.tensor([[[1.0, 3.0], [0, 0]]]), "dqn_target": torch.tensor([[[0.0, 0.0], [4.0, 1.0]]])}, [1, 2]
    )
    gradient = head_gradient(LOSSES["dqn"], step_stream, out, DqnLossConfig(gamma=0.5))
    # td_error = 2 + 0.5 * 4 - 3 = 1, d loss / d q_taken = -2 * td_error
    assert gradient.tolist() == [[[0.0, -2.0], [0.0, 0.0]]]


@pytest.mark.parametrize("name", LOSSES)
def test_parts_of_a_batch_make_the_whole(name: str) -> None:
    step_stream, out = Recipe(batch=5, steps=6, padding="last").make()
    loss, cfg = LOSSES[name], CONFIGS[name]
    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    weight = upstream(loss, terms)
    parts = [pull_back(loss, step_stream[r], out[r], cfg, {"loss": weight[r]}) for r in (slice(0, 2), slice(2, 5))]
    whole = head_gradient(loss, step_stream, out, cfg)
    torch.testing.assert_close(torch.cat(parts), whole, rtol=1e-12, atol=0)
    assert torch.equal(pull_back(loss, step_stream, out, cfg, {"loss": weight}), whole)


def test_the_parts_that_a_loss_adds_up_give_the_parts_of_its_gradient() -> None:
    step_stream, out = Recipe(batch=3, steps=5).make()
    loss, cfg = LOSSES["dqn"], CONFIGS["dqn"]
    weight = upstream(loss, loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg))
    td, cql = (pull_back(loss, step_stream, out, cfg, {term: weight}) for term in ("td_loss", "cql_loss"))
    torch.testing.assert_close(td + cql, head_gradient(loss, step_stream, out, cfg))
    # d cql_loss / d q = cql_weight * cql_scale * (softmax(q) - executed) over the number of transitions
    q, action = out["dqn"][:, :-1], step_stream["action"][:, 1:]
    terms = loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    push = q.softmax(-1) - torch.nn.functional.one_hot(action, q.shape[-1])
    torch.testing.assert_close(cql[:, :-1], 0.5 * terms.cql_scale.unsqueeze(-1) * push / action.numel())


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_not_finite_is_not_finite_in_the_gradient(name: str) -> None:
    step_stream, out = Recipe(padding="none").make()
    head = LOSSES[name].heads[0]
    out[head][1, 1] = math.nan
    gradient = head_gradient(LOSSES[name], step_stream, out, CONFIGS[name])
    assert bool(gradient[1, 1].isnan().any())
    assert bool(gradient[0].isfinite().all())


def test_the_callers_head_is_left_alone() -> None:
    step_stream, out = Recipe().make()
    before = out.clone()
    head_gradient(LOSSES["dqn"], step_stream, out, CONFIGS["dqn"])
    assert bool((out == before).all())
    assert not out["dqn"].requires_grad
    assert out["dqn"].grad is None


def test_a_head_that_is_absent_or_whole_numbers_is_said_as_the_loss_says_it() -> None:
    step_stream, out = Recipe().make()
    out["dqn"] = out["dqn"].long()
    with pytest.raises(BatchError, match=r"out\.dqn"):
        head_gradient(LOSSES["dqn"], step_stream, out, CONFIGS["dqn"])
    del out["dqn"]
    with pytest.raises(MissingFieldError, match=r"out\.dqn"):
        head_gradient(LOSSES["dqn"], step_stream, out, CONFIGS["dqn"])


@pytest.mark.parametrize(("name", "size"), [("dqn", "d mean(loss) / d dqn[t]"), ("sp", "d mean(loss) / d sp[t]")])
def test_gradients_are_documented_like_terms(name: str, size: str) -> None:
    each, norm = gradient_infos(LOSSES[name])
    assert (each.formula, norm.formula) == (size, f"norm({size})")
    assert each.dims == (*norm.dims, "action")


def test_the_gradient_of_a_vector_is_told_by_its_length() -> None:
    each, _ = gradient_infos(LOSSES["vec_dqn"])
    assert (each.formula, each.signed) == ("norm(d mean(loss) / d vec_dqn[t, action])", False)
