"""An opened batch, and one loss on it under one config."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from tensordict import TensorDictBase

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse.transition_batch import holds_transitions
from mouse_dashboard.compute.cache import CacheKey

CPU = "cpu"
MAX_ACTIONS = 4096
"""The dashboard's own limit for losses and classes of actions: vector DQN compares all pairs of actions of a state."""


@dataclass(frozen=True)
class Batch:
    """A stored batch, opened."""

    id: str
    """Its content hash."""
    step_stream: TensorDictBase
    """The steps: actions, rewards, observations."""
    out: TensorDictBase
    """The model's outputs."""
    path: Path | None = None
    """Its file, where it is stored."""
    loss_field: str | None = None
    """The field that is named as the loss, where one was recorded."""
    device: str = CPU
    """Device of its fields."""
    placement: str = ""
    """A note on the device that evaluates losses; empty if only the CPU was requested."""

    @property
    def shape(self) -> tuple[int, int]:
        """B sequences of S steps."""
        rows, steps = cast("torch.Size", self.step_stream.batch_size)
        return rows, steps

    @cached_property
    def unordered(self) -> bool:
        """Whether it holds unordered transitions: row 0 of each sequence is then only the context of row 1."""
        return holds_transitions(cast("TensorDictBase", self.step_stream))

    @property
    def counted_rows(self) -> slice:
        """The steps whose action, reward and done are data: all of them, or only row 1 of unordered transitions."""
        return slice(1, None) if self.unordered else slice(None)

    def part(self, rows: slice) -> tuple[TensorDictBase, TensorDictBase]:
        """Views of some sequences."""
        return cast("TensorDictBase", self.step_stream[rows]), cast("TensorDictBase", self.out[rows])


class LossJob(NamedTuple):
    """One loss to evaluate on one batch under one config."""

    batch: Batch
    loss: AnyLoss
    cfg: LossConfig

    def key(self, kind: str, *detail: Any) -> CacheKey:
        """Cache key of the loss's result; it includes the device."""
        return CacheKey(self.batch.id, self.loss.name, kind, (self.batch.device, *detail))
