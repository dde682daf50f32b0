"""A flat batch of transitions has the loss and the gradient that plain torch computes on it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensordict import TensorDict
from torch import Tensor

import mouse
from mouse.batch import load_batch, save_batch
from mouse.errors import BatchError
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.losses.sp import SpLossConfig, sp_loss
from mouse.losses.sv import SvLossConfig, sv_loss
from mouse.transition_batch import holds_transitions
from tests.mouse.reference import cube, rows
from tests.mouse.test_errors import sentence


def sample(count: int = 5, actions: int = 3, seed: int = 0, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """A sample of a replay buffer with values of a network, flat."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype)

    return {
        "obs": normal(count, 4),
        "next_obs": normal(count, 4),
        "action": torch.randint(actions, (count,), generator=generator),
        "reward": normal(count),
        "done": torch.randint(2, (count,), generator=generator),
        "dqn": normal(count, actions),
        "dqn_target_next": normal(count, actions),
        "weight": torch.rand(count, generator=generator, dtype=dtype),
        "discount": torch.rand(count, generator=generator, dtype=dtype),
    }


def plain_dqn(flat: dict[str, Tensor], gamma: float) -> Tensor:
    """The loss as every training script has it."""
    taken = flat["dqn"].gather(1, flat["action"].unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = flat["dqn_target_next"].max(dim=1).values
        target = flat["reward"] + (1 - flat["done"]) * flat.get("discount", gamma) * best
    return (flat.get("weight", 1) * (target - taken) ** 2).mean()


@given(
    count=st.integers(1, 300),
    actions=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    left_out=st.sets(st.sampled_from(["weight", "discount"])),
)
def test_loss_and_gradient_are_those_of_plain_torch_to_the_last_bit(
    count: int, actions: int, seed: int, left_out: set[str]
) -> None:
    flat = {name: value for name, value in sample(count, actions, seed).items() if name not in left_out}
    expected = plain_dqn(flat | {"dqn": flat["dqn"].requires_grad_()}, 0.9)
    (gradient,) = torch.autograd.grad(expected, flat["dqn"])

    loss, _ = dqn_loss(*mouse.transitions(**flat), DqnLossConfig(gamma=0.9))
    assert torch.equal(loss, expected)
    (found,) = torch.autograd.grad(loss, flat["dqn"])
    assert torch.equal(found, gradient)


@given(count=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_the_loss_is_that_of_a_loop_over_floats(count: int, seed: int) -> None:
    flat = sample(count, seed=seed, dtype=torch.float64)
    values, following = cube(torch.stack((flat["dqn"], flat["dqn_target_next"])))
    rewards, discounts, weights = rows(torch.stack([flat[name] for name in ("reward", "discount", "weight")]))
    total = 0.0
    for n in range(count):
        bootstrap = 0.0 if flat["done"][n] else discounts[n] * max(following[n])
        total += weights[n] * (rewards[n] + bootstrap - values[n][int(flat["action"][n])]) ** 2
    loss, metrics = dqn_loss(*mouse.transitions(**flat), DqnLossConfig())
    assert float(loss) == pytest.approx(total / count, rel=1e-12)
    assert metrics["dqn_loss"] == float(loss)


def test_supervised_losses_are_over_the_states_that_are_left_alone() -> None:
    generator = torch.Generator().manual_seed(3)
    q_star, sp, sv = (torch.randn(6, 4, generator=generator) for _ in range(3))
    flat = sample(6, 4) | {"q_star": q_star, "sp": sp.requires_grad_(), "sv": sv}
    step_stream, out = mouse.transitions(**flat)
    policy, _ = sp_loss(step_stream, out["sp"], SpLossConfig(loss_type="ce-soft-fwd"))
    expected = -(q_star.softmax(-1) * sp.log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(policy, expected)
    value, _ = sv_loss(step_stream, out["sv"], SvLossConfig())
    torch.testing.assert_close(value, (sv - q_star).square().mean())
    torch.testing.assert_close(torch.autograd.grad(policy, sp), torch.autograd.grad(expected, sp))


def test_row_0_is_the_state_that_is_left_and_row_1_what_came_of_it() -> None:
    step_stream, out = mouse.transitions(
        obs=torch.tensor([[1.0], [2.0]]), next_obs=torch.tensor([[3.0], [4.0]]), action=[1, 0], reward=[0.5, 0.25],
        terminated=[True, False], truncated=[True, True], time=[7, 8], q_star=torch.ones(2, 2), dqn=torch.ones(2, 2),
        next_dqn_target=torch.full((2, 2), 2.0), weight=[0.1, 0.2], index=[11, 12],
    )  # fmt: skip
    assert step_stream["obs"].tolist() == [[[1], [3]], [[2], [4]]]
    assert step_stream["action"].tolist() == [[0, 1], [0, 0]]
    assert step_stream["reward"].tolist() == [[0, 0.5], [0, 0.25]]
    assert step_stream["done"].tolist() == [[0, 1], [0, 2]]
    assert step_stream["time"].tolist() == [[7, -1], [8, -1]]
    assert step_stream["index"].tolist() == [[11, 0], [12, 0]]
    assert step_stream["q_star"][:, 1].isneginf().all()
    assert step_stream["importance_weight"][:, 1].tolist() == pytest.approx([0.1, 0.2])
    assert out["dqn"].tolist() == [[[1, 1], [0, 0]]] * 2
    assert out["dqn_target"].tolist() == [[[0, 0], [2, 2]]] * 2


def test_columns_of_stable_baselines_are_taken_as_they_are_sampled() -> None:
    flat = sample()
    column: dict[str, Any] = {name: flat[name].unsqueeze(1).numpy() for name in ("action", "reward", "weight")}
    column["done"] = flat["done"].unsqueeze(1).float().numpy()
    for found, expected in zip(mouse.transitions(**flat | column), mouse.transitions(**flat), strict=True):
        assert bool((found == expected).all())


def test_a_batch_of_transitions_is_known_as_one_after_copying_slicing_and_saving(tmp_path: Path) -> None:
    step_stream, out = mouse.transitions(**sample())
    assert holds_transitions(step_stream)
    assert holds_transitions(step_stream.clone()[2:4])
    save_batch(tmp_path / "batch.safetensors", step_stream, out)
    assert holds_transitions(load_batch(tmp_path / "batch.safetensors")[0])


@pytest.mark.parametrize("name", ["action", "reward", "done"])
def test_two_steps_with_something_that_led_to_the_first_are_a_sequence(name: str) -> None:
    step_stream, _ = mouse.transitions(**sample())
    step_stream[name][3, 0] = 1
    assert not holds_transitions(step_stream)


def test_pairs_of_rows_without_rewards_and_longer_sequences_are_no_transitions() -> None:
    step_stream, _ = mouse.transitions(**sample())
    assert not holds_transitions(step_stream.exclude("reward"))
    assert not holds_transitions(TensorDict({}, [4, 3]))
    assert not holds_transitions(TensorDict({}, [4]))
    assert not holds_transitions(step_stream.set("done", torch.zeros(5, 2, 2)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reward": torch.ones(4)}, "reward: found 4 entries, expected 5, one per transition, as action has; "),
        ({"action": torch.ones(5, 2)}, "action: found shape [5, 2], expected [N]; pass continuous actions under "),
        ({"action": torch.ones(5)}, "action: found torch.float32, expected whole numbers; convert them with .long()."),
        ({"reward": torch.ones(5, 2)}, "reward: found shape [5, 2], expected [N]; pass one number per transition."),
        ({"obs": 3}, "obs: found shape [], expected [N, ...], one entry per transition; "),
        ({"obs": "text"}, "obs: found a str, expected a tensor or an array; "),
        ({"done": np.full(5, 0.5)}, "done: found 0.5, expected true or false, 1 or 0; pass codes as whole numbers."),
        ({"terminated": np.zeros(5)}, "done: found done, terminated together, expected done, or terminated and "),
        (
            {"done": None, "terminated": np.zeros(5), "truncated": np.zeros(4)},
            "truncated: found another length than terminated, expected the same; ",
        ),
        ({"next_obs": torch.ones(5, 3)}, "next_obs: found shape [5, 3], expected that of obs, [5, 4]; "),
        ({"obs_next": torch.ones(5, 4)}, "obs_next: found obs of that state twice, expected one name for it; "),
        ({"reward_next": torch.ones(5)}, "reward_next: found a field of the next state, expected reward, which is of "),
        ({"gamma_n": torch.ones(5)}, "discount: found gamma_n beside it, expected one of the two; leave one out."),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, Any], expected: str) -> None:
    with pytest.raises(BatchError) as error:
        mouse.transitions(**sample() | change)
    assert sentence(error).startswith(expected)


def test_without_ends_there_is_no_done() -> None:
    step_stream, _ = mouse.transitions(**sample() | {"done": None})
    assert "done" not in step_stream.keys()  # noqa: SIM118  a TensorDict iterates over its rows


def test_reward_and_weights_of_whole_numbers_become_floats() -> None:
    step_stream, _ = mouse.transitions(action=[0, 1], reward=[1, 2], importance_weight=[1, 2])
    assert step_stream["reward"].dtype == step_stream["importance_weight"].dtype == torch.float32


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"weight": torch.tensor([1.0, 1, -2, 1, 1])}, "step_stream.importance_weight[2, 1]: found -2, expected 0 or "),
        ({"discount": torch.tensor([1.0, 1, 1, 1.5, 1])}, "step_stream.gamma_n[3, 1]: found 1.5, expected 0 to 1, "),
    ],
)
def test_weights_and_discounts_out_of_range_are_refused(change: dict[str, Tensor], expected: str) -> None:
    with pytest.raises(BatchError) as error:
        dqn_loss(*mouse.transitions(**sample() | change), DqnLossConfig())
    assert sentence(error).startswith(expected)
