"""Inputs of figures that show more than one term: a whole loss, one sequence of it, one transition of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.slices.grouping import Grouping
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.figures.figure import floats, not_finite

SIGN_ROUNDING = 1e-6
"""Part of the summed size of a loss up to which negative values are rounding."""


@dataclass(frozen=True)
class Sample:
    """All places of a part, or a sample as large as the time allows, for a loss that treats places independently."""

    inputs: Any
    """The library's stage 1 there, ``[1, n]``."""
    heads: Mapping[str, Tensor]
    """What the model said there, ``[n, ...]``."""
    index: Tensor
    """``[n]``: which of the part's places they are, ascending."""
    note: str
    """That they are a sample; empty when they are all."""


@dataclass(frozen=True)
class LossInput:
    """The narrow terms of a loss at some transitions of the batch."""

    loss: AnyLoss
    terms: Mapping[str, Tensor]
    """``[n]`` per term that has no third dimension and is on, `loss` among them."""
    selection: Selection
    """Where in the batch they are."""
    groupings: Mapping[str, Grouping]
    """Ways to sort the whole batch into classes."""
    cfg: LossConfig
    """The config that the terms were computed under."""
    heads: Mapping[str, Tensor]
    """The loss's entries of the model output, of the whole batch."""
    mean: Callable[[], float]
    """The loss's own mean, over these transitions alone; computed when called."""
    inputs_at: Callable[[Tensor, Tensor], Any]
    """The library's stage 1, ``[1, n]``, at rows and steps of the batch; rows ascend."""

    @property
    def unit(self) -> str:
        """The unit of one value: a transition or a step."""
        return self.loss.loss_info.unit

    @cached_property
    def values(self) -> Tensor:
        """The loss of each transition."""
        return floats(self.terms["loss"])

    def place(self, index: int) -> tuple[int, int]:
        """Row and step in the batch of one of them."""
        return self.selection.of(index)

    def sample(self, entries: int) -> Sample:
        """Select places for wide terms: all of them, or a sample with about `entries` entries."""
        count, actions = self.selection.count, next(iter(self.heads.values())).shape[2]
        index = sample_indices(count, max(1, entries // actions))
        rows, steps = self.selection.at(index)
        heads = {name: values[rows, steps] for name, values in self.heads.items()}
        note = "" if len(index) == count else f"estimated from {len(index):,} of {count:,} {self.unit}s drawn at random"
        return Sample(self.inputs_at(rows, steps), heads, index, note)

    @cached_property
    def has_both_signs(self) -> bool:
        """Whether the loss is positive for some transitions and negative for others, beyond rounding."""
        values = self.values.numpy()
        negative = -float(values[values < 0].sum(dtype=np.float64))
        return negative > SIGN_ROUNDING * float(np.abs(values).sum(dtype=np.float64))

    @cached_property
    def sizes(self) -> Tensor:
        """The base of shares: the loss of each transition, or its absolute value if both signs occur."""
        return self.values.abs() if self.has_both_signs else self.values

    @property
    def whole(self) -> str:
        """The name of the sum of the sizes."""
        return "absolute loss" if self.has_both_signs else "loss"

    @cached_property
    def total(self) -> float:
        """Sum of the sizes, accumulated in float64."""
        return float(self.sizes.numpy().sum(dtype=np.float64))  # torch would make a copy in float64 first

    @cached_property
    def no_share(self) -> str:
        """Why shares of the loss cannot be computed; empty if they can."""
        if not math.isfinite(self.total):
            return f"share cannot be computed: the loss holds {not_finite(self.values)}"
        return "" if self.total > 0 else f"share cannot be computed: the loss adds up to {self.total:g}"


@dataclass(frozen=True)
class BothInput:
    """The live and the pinned loss, at the same transitions of batches of the same shape."""

    live: LossInput
    pinned: LossInput


@dataclass(frozen=True)
class RowInput:
    """One sequence with its selected step."""

    loss: AnyLoss
    terms: Mapping[str, Tensor]
    """``[steps]`` per term that has no third dimension and is on."""
    row: int
    step: int
    all_terms: Callable[[], Any]
    """The library's terms of the sequence, ``[steps]``, those with actions or dimensions too; computed when called."""
    gradient: Callable[[str], Tensor]
    """``[steps, action, ...]``: gradient of the loss's mean with respect to the head, as far as it comes through the
    named term, `loss` for all of it; computed when called."""

    @property
    def unit(self) -> str:
        """The unit of one value: a transition or a step."""
        return self.loss.loss_info.unit


@dataclass(frozen=True)
class TransitionInput:
    """One transition with every term and the model's outputs there."""

    loss: AnyLoss
    terms: Any
    """The library's terms at the place: scalars, and what has actions or dimensions."""
    heads: Mapping[str, Tensor]
    """The loss's entries of the model output at step t, as they are in the batch."""
    heads_next: Mapping[str, Tensor]
    """The same at step t + 1; empty at the last step, which a loss on steps has too."""
    q_star: Tensor | None
    """``[steps, action]`` of its sequence, as it is in the batch; None where the batch has none."""
    row: int
    step: int
    cfg: LossConfig
    """The config that the terms were computed under."""
    gradient: Callable[[str], Tensor]
    """``[steps, action, ...]`` of its sequence, as in `RowInput`."""
    inputs: Callable[[], Any]
    """The library's stage 1 at the place alone, ``[1, 1]``; for a loss that treats each step alone."""


def sample_indices(count: int, most: int) -> Tensor:
    """Ascending indices below `count`: all, or one at random from each of `most` equal parts.

    Even steps would hit the same step of every sequence. The result is deterministic, so that figures do not flicker.
    """
    if count <= most:
        return torch.arange(count)
    edges = torch.arange(most + 1) * count // most
    chance = torch.rand(most, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return edges[:-1] + (chance * edges.diff()).long()
