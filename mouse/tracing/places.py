"""Classify tensors by their leading dimensions: per step, per transition, per sequence, or none of these."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.errors import BatchError


@dataclass(frozen=True)
class Places:
    """The shape of a batch: B sequences of S steps, or N items without order, which are N sequences of one step.

    A shape that could be several things is the first of these: steps ``[B, S, ...]``, transitions ``[B, S - 1, ...]``,
    sequences ``[B]``. So with S = 2 what one keeps of a sequence, ``[B, 1]``, reads as a transition; with B = S a value
    per step, ``[S]``, reads as one per sequence. ``[N, N]`` is no place, because only a silent broadcast makes it,
    unless a field of the batch has that shape.
    """

    rows: int
    steps: int
    flat: bool = False
    square: bool = False
    """Whether a field of a flat batch has N entries for each of its N items."""

    @property
    def batch_size(self) -> torch.Size:
        """Leading dimensions of the batch's own fields as the function sees them."""
        return torch.Size([self.rows] if self.flat else [self.rows, self.steps])

    @property
    def batch_dims(self) -> int:
        """How many leading dimensions a field of the batch has."""
        return len(self.batch_size)

    def dims(self, shape: torch.Size) -> tuple[str, ...] | None:
        """Names of the dimensions of a tensor as it is shown; None where it belongs to no place of the batch.

        A step has dimensions ``batch step``, a transition ``batch time``, a sequence ``batch sequence``, an item of a
        flat batch ``batch item``; all dimensions beyond are one, ``index``.
        """
        leading = self._leading(shape)
        if leading is None:
            return None
        used, names = leading
        return (*names, "index") if len(shape) > used else names

    def _leading(self, shape: torch.Size) -> tuple[int, tuple[str, str]] | None:
        if self.flat:
            squared = self.rows > 1 and not self.square and shape[1:2] == (self.rows,)
            return (1, ("batch", "item")) if shape[:1] == (self.rows,) and not squared else None
        if shape[:2] == (self.rows, self.steps):
            return 2, ("batch", "step")
        if shape[:2] == (self.rows, self.steps - 1):
            return 2, ("batch", "time")
        if shape == (self.rows,):
            return 1, ("batch", "sequence")
        return None

    def grid(self, values: Tensor) -> Tensor:
        """``[B, time]`` or ``[B, time, index]`` of a tensor whose `dims` are known."""
        leading = self._leading(values.shape)
        assert leading is not None, "only tensors of places have a grid"  # noqa: S101
        used, _ = leading
        if used == 1:
            values = values.unsqueeze(1)
        return values.flatten(2) if values.dim() > 3 else values

    def is_place(self, shape: torch.Size) -> bool:
        """Whether a tensor has a value, or several, for each step, transition or item."""
        dims = self.dims(shape)
        return dims is not None and dims[1] != "sequence"


def places_of(step_stream: TensorDictBase, out: TensorDictBase) -> Places:
    """The shape of a batch.

    Raises:
        BatchError: (a ValueError) it has neither the shape [B, S] nor [N].
    """
    shape = step_stream.batch_size
    if len(shape) == 1:
        fields = cast("Iterable[Tensor]", (*step_stream.values(), *out.values()))
        return Places(shape[0], 1, flat=True, square=any(each.shape[1:2] == shape for each in fields))
    if len(shape) != 2:
        raise BatchError("step_stream", f"batch size {list(shape)}", "[B, S] or [N]", "set the TensorDict's batch_size")
    return Places(shape[0], shape[1])
