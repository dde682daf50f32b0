"""What figures beyond one term are of: a whole loss, one sequence of it, one transition of it."""

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
    """Places of a loss that treats each of them alone: all of a part, or as many as there is time for."""

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
        """What one value belongs to."""
        return self.loss.loss_info.unit

    @cached_property
    def values(self) -> Tensor:
        """The loss of each transition."""
        return floats(self.terms["loss"])

    def place(self, index: int) -> tuple[int, int]:
        """Row and step in the batch of one of them."""
        return self.selection.of(index)

    def sample(self, entries: int) -> Sample:
        """Look where terms with actions are needed: at all places, or at so many that they have about `entries`."""
        count, actions = self.selection.count, next(iter(self.heads.values())).shape[2]
        index = spread(count, max(1, entries // actions))
        rows, steps = self.selection.at(index)
        heads = {name: values[rows, steps] for name, values in self.heads.items()}
        note = "" if len(index) == count else f"estimated from {len(index):,} of {count:,} {self.unit}s drawn at random"
        return Sample(self.inputs_at(rows, steps), heads, index, note)

    @cached_property
    def has_both_signs(self) -> bool:
        """Whether the loss pushes some transitions up and others down, by more than rounding."""
        values = self.values.numpy()
        negative = -float(values[values < 0].sum(dtype=np.float64))
        return negative > SIGN_ROUNDING * float(np.abs(values).sum(dtype=np.float64))

    @cached_property
    def sizes(self) -> Tensor:
        """What shares are of: the loss of each transition, or its absolute value where losses of both signs cancel."""
        return self.values.abs() if self.has_both_signs else self.values

    @property
    def whole(self) -> str:
        """What the sum of the sizes is called."""
        return "absolute loss" if self.has_both_signs else "loss"

    @cached_property
    def total(self) -> float:
        """Sum of the sizes, added up in float64."""
        return float(self.sizes.numpy().sum(dtype=np.float64))  # torch would make a copy in float64 first

    @cached_property
    def no_share(self) -> str:
        """Why a share of the loss cannot be computed; empty when it can."""
        if not math.isfinite(self.total):
            return f"share cannot be computed: the loss holds {not_finite(self.values)}"
        return "" if self.total > 0 else f"share cannot be computed: the loss adds up to {self.total:g}"


@dataclass(frozen=True)
class BothInput:
    """A loss as it is live and as it is pinned, at the same transitions of batches of one shape."""

    live: LossInput
    pinned: LossInput


@dataclass(frozen=True)
class RowInput:
    """One sequence, and the step that is selected in it."""

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
        """What one value belongs to."""
        return self.loss.loss_info.unit


@dataclass(frozen=True)
class TransitionInput:
    """One transition with every term, and what the model said there."""

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


def spread(count: int, most: int) -> Tensor:
    """Indices below `count`, ascending: all, or one at random out of each of `most` parts of one size.

    Even steps would meet the same step of every sequence; the same ones come out each time, so that no figure flickers.
    """
    if count <= most:
        return torch.arange(count)
    edges = torch.arange(most + 1) * count // most
    chance = torch.rand(most, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return edges[:-1] + (chance * edges.diff()).long()
