"""Explaining a function changes nothing: neither its batch, nor random numbers, nor what it computes."""

import random  # as users do
from typing import Any

import numpy as np
import pytest
import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.tracing import explain
from mouse.tracing.randomness import fixed_seed
from mouse.tracing.trace import LossFunctionError
from tests.tracing.batches import B, S, explained, fields, output


def test_a_field_that_is_changed_in_place_is_a_copy_and_the_users_own_stays() -> None:
    def loss(batch: TensorDictBase, out: TensorDictBase) -> Tensor:
        batch["reward"].clamp_(-0.1, 0.1)
        batch["reward"][:, 0] = 0
        value = out["value"]
        value -= 1
        return (batch["reward"] - value).mean()

    data, out = fields(), output()
    found = explain(loss, data, out)
    assert torch.equal(data["reward"], fields()["reward"])
    assert torch.equal(out["value"], output()["value"])
    reward = fields()["reward"].clamp(-0.1, 0.1)
    reward[:, 0] = 0
    assert float(found.loss.detach()) == float((reward - (output()["value"] - 1)).mean())
    gradient = found.gradients([found.trace.heads["value"]])[0]
    assert gradient is not None
    assert torch.allclose(gradient, torch.full((B, S), -1 / (B * S)))


def test_a_function_that_catches_everything_still_gets_copies() -> None:
    def loss(reward: Tensor, value: Tensor) -> Tensor:
        try:
            reward.zero_()
        except Exception:  # noqa: BLE001
            return value.sum()
        return (value + reward).mean()

    data = fields()
    assert float(explain(loss, data, output()).loss.detach()) == float(output()["value"].mean())
    assert torch.equal(data["reward"], fields()["reward"])


def test_memory_shared_with_numpy_is_a_copy_too() -> None:
    def loss(reward: Tensor, value: Tensor) -> Tensor:
        array = reward.numpy()
        array[:] = 0
        return (value + torch.from_numpy(array)).mean()

    data = {name: value.numpy() for name, value in fields().items()}
    assert float(explain(loss, data, output()).loss.detach()) == float(output()["value"].mean())
    assert np.array_equal(data["reward"], fields()["reward"].numpy())


def test_flags_and_entries_of_the_batch_stay_as_they_were() -> None:
    def loss(batch: TensorDictBase, out: TensorDictBase) -> Tensor:
        batch["reward"].requires_grad_()
        batch["more"] = batch["reward"] * 2
        out["value"].detach_()
        return (batch["more"] + out["logits"].sum(-1)).mean()

    data = TensorDict(fields(), [B, S])
    explain(loss, data, output())
    assert not data["reward"].requires_grad
    assert "more" not in data.keys()  # noqa: SIM118


def test_floating_fields_of_the_output_require_gradient() -> None:
    def loss(value: Tensor, reward: Tensor, action: Tensor) -> Tensor:
        assert value.requires_grad
        assert not reward.requires_grad
        return (value - reward + action).mean()

    found = explain(
        loss, {k: v for k, v in fields().items() if k != "action"}, output() | {"action": fields()["action"]}
    )
    assert not found.trace.heads["action"].requires_grad
    assert found.gradient("value") is not None
    assert found.gradient("action") is None


def test_where_no_output_is_read_every_floating_field_requires_gradient() -> None:
    def loss(reward: Tensor, advantage: Tensor) -> Tensor:
        product = reward * advantage
        return product.square().mean()

    assert explain(loss, fields()).gradient("product") is not None
    found = explained(loss)
    assert found.gradient("product") is not None
    assert found.gradient("reward") is not None


def test_data_that_is_taken_out_of_torch_requires_no_gradient() -> None:
    def loss(reward: Tensor) -> Tensor:
        return torch.from_numpy(np.abs(reward.numpy())).mean()

    found = explain(loss, {"reward": fields()["reward"]})
    assert not found.loss.requires_grad
    assert float(found.loss) == float(fields()["reward"].abs().mean())


def test_detached_and_no_grad_parts_have_no_gradient() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        with torch.no_grad():
            target = value + reward
        frozen = value.detach() * 2
        error = value - target - frozen
        return error.mean()

    found = explained(loss)
    assert found.gradient("target") is None
    assert found.gradient("frozen") is None
    assert found.gradient("error") is not None
    assert set(found.term_gradients()) == {"value - target", "error"}


def test_gradients_are_those_of_torch() -> None:
    def loss(value: Tensor, reward: Tensor) -> Tensor:
        error = value - reward
        return error.square().mean()

    found = explained(loss)
    expected = 2 * (output()["value"] - fields()["reward"]) / (B * S)
    for name in ("error", "value"):
        gradient = found.gradient(name)
        assert gradient is not None
        assert torch.allclose(gradient, expected)
    with pytest.raises(KeyError):
        found.gradient("nothing")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_precision_stays_as_it_is(dtype: torch.dtype) -> None:
    def loss(value: Tensor, reward: Tensor, mask: Tensor) -> Tensor:
        error = (value - reward) * mask
        count = mask.sum(1)
        return error.square().mean() + 0 * count.sum()

    data = {k: v.to(dtype) if v.is_floating_point() else v for k, v in fields().items()}
    out = {k: v.to(dtype) for k, v in output().items()}
    found = explain(loss, data, out)
    assert found.terms["error"].dtype == dtype
    assert found.terms["count"].dtype == torch.int64
    plain = loss(out["value"], data["reward"], data["mask"])
    assert torch.equal(found.loss.detach(), plain)


def numpy_state() -> list[int]:
    state: Any = np.random.get_state()
    return state[1].tolist()


def test_random_numbers_are_the_same_each_time_and_the_callers_stay() -> None:
    def loss(value: Tensor) -> Tensor:
        noise = torch.rand_like(value) + random.random() + np.random.random()  # noqa: S311
        return (value * noise).mean()

    before, of_numpy = torch.get_rng_state(), numpy_state()
    one, other = explained(loss), explained(loss)
    assert torch.equal(one.terms["noise"], other.terms["noise"])
    assert one.trace.is_random
    assert torch.equal(before, torch.get_rng_state())
    assert of_numpy == numpy_state()


def test_it_is_known_whether_random_numbers_were_drawn() -> None:
    state = random.getstate()
    with fixed_seed() as draws:
        first = random.random()  # noqa: S311
    assert draws.any
    with fixed_seed() as draws:
        assert random.random() == first  # noqa: S311
    assert random.getstate() == state
    with fixed_seed() as draws:
        pass
    assert not draws.any


def test_random_states_are_restored_where_the_function_raises() -> None:
    def loss(value: Tensor) -> Tensor:
        torch.rand(3)
        raise ValueError(f"{value.shape[0]} is no number")

    state = torch.get_rng_state()
    with pytest.raises(LossFunctionError, match="ValueError: 4 is no number at line"):
        explained(loss)
    assert torch.equal(state, torch.get_rng_state())
