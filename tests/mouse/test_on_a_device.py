"""Losses on a device that is not the CPU: every stage stays there, and training waits for it once."""

from typing import Any, cast

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import DIVERGENCES, SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call
from tests.standin_device import DEVICE, DeviceTensor, StandInDevice

CASES: list[tuple[str, LossConfig]] = [
    ("dqn", DqnLossConfig()),
    ("dqn", DqnLossConfig(cql_weight=0.5, normalize_reward_mean=True, normalize_reward_std=True, gamma_terminal=0.1)),
    ("vec_dqn", VecDqnLossConfig()),
    ("vec_dqn", VecDqnLossConfig(reward_scale=0.7, normalize_reward_std=True)),
    *(("sp", SpLossConfig(loss_type=kind, temperature=0.5)) for kind in DIVERGENCES),
    *(("sp", SpLossConfig(loss_type=kind, label_smoothing=0.1)) for kind in DIVERGENCES),
    ("sv", SvLossConfig()),
    ("sv", SvLossConfig(loss_type="mae")),
]


def on_device(values: TensorDict) -> TensorDict:
    return TensorDict({name: value.to(DEVICE) for name, value in values.items()}, values.batch_size)


def call(name: str, cfg: LossConfig, step_stream: TensorDict, out: TensorDict) -> tuple[Tensor, dict[str, float]]:
    for value in out.values():
        value.requires_grad_()
    return training_call(LOSSES[name], step_stream, out, cfg)


def gradient_of(loss: Tensor, head: Tensor) -> Tensor:
    return cast("Any", torch.autograd.grad)(loss, head)[0]


@pytest.mark.parametrize(("name", "cfg"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_loss_and_its_gradient_stay_on_the_device_of_the_batch(name: str, cfg: LossConfig, weighted: bool) -> None:
    step_stream, out = Recipe(3, 5, 4, seed=1, weighted=weighted).make()
    head = LOSSES[name].heads[0]
    loss, metrics = call(name, cfg, step_stream, out)
    gradient = gradient_of(loss, out[head])
    with StandInDevice() as device:
        away = on_device(out)
        its_loss, its_metrics = call(name, cfg, on_device(step_stream), away)
        its_gradient = gradient_of(its_loss, away[head])
    assert isinstance(its_loss, DeviceTensor)
    assert isinstance(its_gradient, DeviceTensor)
    torch.testing.assert_close(its_loss.on_cpu, loss.detach())
    torch.testing.assert_close(its_gradient.on_cpu, gradient)
    assert its_metrics == pytest.approx(metrics, nan_ok=True)
    assert device.operations.total() > 20


@pytest.mark.parametrize(("name", "cfg"), CASES)
def test_training_waits_for_the_device_once(name: str, cfg: LossConfig) -> None:
    step_stream, out = Recipe(3, 5, 4, seed=1, weighted=True).make(torch.float32)
    with StandInDevice() as device:
        away, heads = on_device(step_stream), on_device(out)
        device.syncs.clear()
        loss, _ = call(name, cfg, away, heads)
        loss.backward()
    assert device.syncs == {"_to_copy": 1}


def test_the_combined_loss_waits_for_the_device_once() -> None:
    step_stream, out = Recipe(3, 5, 4, seed=1).make(torch.float32)
    configs: dict[str, LossConfig] = dict(CASES)
    with StandInDevice() as device:
        away, heads = on_device(step_stream), on_device(out)
        for value in heads.values():
            value.requires_grad_()
        device.syncs.clear()
        total, _, _ = combined_loss(away, heads, configs)
        total.backward()
    assert device.syncs == {"_to_copy": 1}


def test_the_stand_in_refuses_what_a_gpu_refuses() -> None:
    with StandInDevice() as device:
        values = torch.ones(3).to(DEVICE)
        with pytest.raises(AssertionError, match="mul: expected all tensors on the same device"):
            torch.mul(values, torch.ones(3))
        assert float((values * torch.tensor(2.0)).sum()) == 6
        assert torch.ones(3).mul(2)[torch.tensor([1])].item() == 2
    assert device.syncs == {"_local_scalar_dense": 1}
