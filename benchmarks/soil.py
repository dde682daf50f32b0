"""What a bug is planted into: a right batch of a world, with the outputs of an agent that was trained there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from tensordict import TensorDict
from torch import Generator, Tensor

from benchmarks.agents import configs_of, outputs
from benchmarks.clean import UPDATES, Sample
from benchmarks.worlds import Walk, World, walk, world
from mouse.losses import HEADS


@dataclass(frozen=True)
class Soil:
    """What a bug is planted into."""

    shape: tuple[int, int] = (32, 64)
    name: str = "lake"
    updates: int = UPDATES
    seed: int = 0
    how: Walk = field(default_factory=Walk)

    def grow(self, how: Walk | None = None) -> Sample:
        """A right batch, or one collected in another way."""
        stream = walk(self.world, replace(how or self.how, shape=self.shape), self.generator())
        return Sample(stream, outputs(self.name, self.updates, stream), configs_of(self.name))

    @property
    def n_actions(self) -> int:
        """Actions of the world."""
        return self.world.q_star.shape[1]

    @property
    def world(self) -> World:
        """Where the batch comes from."""
        return world(self.name)

    def rows(self, strength: float) -> int:
        """How many sequences a share of them is."""
        return round(strength * self.shape[0])

    def generator(self) -> Generator:
        """Fresh random numbers, the same ones at each call."""
        return torch.Generator().manual_seed(self.seed)


def changed(sample: Sample, configs: Mapping[str, Mapping[str, Any]] | None = None, **fields: Tensor) -> Sample:
    """The same batch with other fields, and other settings of its losses."""
    stream = cast("TensorDict", sample.step_stream.copy())
    out = cast("TensorDict", sample.out.copy())
    for name, value in fields.items():
        (out if name in HEADS else stream)[name] = value
    losses = {name: replace(cast("Any", cfg), **(configs or {}).get(name, {})) for name, cfg in sample.configs.items()}
    return Sample(stream, out, losses)


def some(soil: Soil, shape: torch.Size, strength: float) -> Tensor:
    """True with this probability."""
    return torch.rand(shape, generator=soil.generator()) < strength
