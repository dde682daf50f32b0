"""Random batches with every field and every head, in float64 so that they can be compared with Python floats."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from hypothesis import strategies as st
from tensordict import TensorDict
from torch import Tensor

from mouse.losses import HEADS

Padding = Literal["none", "last", "scattered", "steps"]


@dataclass(frozen=True)
class Recipe:
    """All that is needed to make the same batch again; hypothesis prints and shrinks it."""

    batch: int = 2
    steps: int = 4
    actions: int = 3
    dim: int = 4
    seed: int = 0
    scale: float = 1.0
    ties: bool = False
    """Whole numbers: equal action values are frequent."""
    padding: Padding = "scattered"
    """Where q_star is -inf: nowhere, in the last actions, anywhere, or in whole steps."""
    weighted: bool = False
    """With importance weights, and a discount of each transition's own."""

    def make(self, dtype: torch.dtype = torch.float64) -> tuple[TensorDict, TensorDict]:
        generator = torch.Generator().manual_seed(self.seed)
        shape = (self.batch, self.steps)
        heads = (*shape, self.actions)
        sizes = {"action": self.actions, "dim": self.dim}

        def normal(*size: int) -> Tensor:
            values = torch.randn(*size, generator=generator, dtype=torch.float64) * self.scale
            return (values.round() if self.ties else values).to(dtype)

        def whole(high: int) -> Tensor:
            return torch.randint(high, shape, generator=generator)

        q_star = normal(*heads).masked_fill(self._invalid(generator), -math.inf)
        step_stream = {
            "action": whole(self.actions),
            "reward": normal(*shape),
            "done": whole(3),
            "xformed_reward": normal(*shape),
            "q_star": q_star,
        }
        out = {name: normal(*heads) for name, dims in HEADS.items() if dims == ("action",)}
        # Directions of whole numbers would meet at exactly pi, where the sign of an angle is a matter of rounding.
        for name in (name for name in HEADS if name not in out):
            size = (*shape, *(sizes[dim] for dim in HEADS[name]))
            out[name] = torch.randn(size, generator=generator, dtype=torch.float64).to(dtype)
        if self.weighted:
            for name in ("importance_weight", "gamma_n"):
                step_stream[name] = torch.rand(shape, generator=generator, dtype=torch.float64).to(dtype)
        return TensorDict(step_stream, shape), TensorDict(out, shape)

    def _invalid(self, generator: torch.Generator) -> Tensor:
        heads = (self.batch, self.steps, self.actions)
        invalid = torch.zeros(heads, dtype=torch.bool)
        if self.padding == "last":
            invalid[..., (self.actions + 1) // 2 :] = True
        elif self.padding == "scattered":
            invalid = torch.rand(heads, generator=generator) < 0.4
        elif self.padding == "steps":
            invalid = (torch.rand(heads[:2], generator=generator) < 0.5).unsqueeze(-1).expand(heads).clone()
        invalid[0, 0, 0] = False
        return invalid


def recipes(min_steps: int = 2, *, weighted: bool = False) -> st.SearchStrategy[Recipe]:
    return st.builds(
        Recipe,
        batch=st.integers(1, 4),
        steps=st.integers(min_steps, 6),
        actions=st.integers(1, 5),
        dim=st.sampled_from([2, 4, 6]),
        seed=st.integers(0, 2**32 - 1),
        scale=st.sampled_from([1.0, 0.01, 30.0]),
        ties=st.booleans(),
        padding=st.sampled_from(["none", "last", "scattered", "steps"]),
        weighted=st.booleans() if weighted else st.just(value=False),
    )
