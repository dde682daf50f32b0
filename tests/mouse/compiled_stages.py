"""Compile both stages of each loss into one graph; prints compiled and eager losses as JSON.

A program of its own, because the shape checks of the test process cannot be traced.
"""

import json
import sys

import torch
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe

CASES: list[tuple[str, LossConfig, int]] = [
    ("dqn", DqnLossConfig(), 2),
    ("dqn", DqnLossConfig(cql_weight=1.0, normalize_reward_mean=True, normalize_reward_std=True), 2),
    ("vec_dqn", VecDqnLossConfig(use_xformed_reward=True), 2),
    ("vec_dqn", VecDqnLossConfig(), 4),
    ("sp", SpLossConfig(), 2),
    ("sp", SpLossConfig(loss_type="js", label_smoothing=0.1), 2),
    ("sv", LOSSES["sv"].config(), 2),
]


def losses(name: str, cfg: LossConfig, dim: int) -> tuple[float, float, bool]:
    """Compiled and eager loss, and whether their gradients are equal."""
    loss = LOSSES[name]
    step_stream, out = Recipe(batch=3, steps=5, actions=4, dim=dim).make(torch.float32)

    def stages(head: Tensor) -> Tensor:
        given = out.copy().set(loss.heads[0], head)
        return loss.mean(loss.terms(loss.inputs(step_stream, given, **loss.stage_options(cfg)), cfg))

    heads = [out[loss.heads[0]].clone().requires_grad_() for _ in range(2)]
    compiled = torch.compile(stages, backend="eager", fullgraph=True)(heads[0])
    eager = stages(heads[1])
    (compiled + eager).backward()
    return compiled.item(), eager.item(), torch.equal(heads[0].grad, heads[1].grad)


if __name__ == "__main__":
    json.dump([losses(*case) for case in CASES], sys.stdout)
