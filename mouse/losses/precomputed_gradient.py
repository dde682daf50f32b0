"""A scalar whose gradient was computed together with it, as a node of the autograd graph."""

from typing import Any, cast

import torch
from torch import Tensor

from mouse.errors import BatchError


def attach_gradient(name: str, head: Tensor, mean: Tensor, gradient: Tensor) -> Tensor:
    """The mean of the loss `name` as a function of the head, with a known gradient.

    Raises:
        BatchError: (a ValueError) in a backward pass with ``create_graph=True``.
    """
    return cast("Tensor", _PrecomputedGradient.apply(name, head, mean, gradient))  # pyright: ignore[reportUnknownMemberType]


class _PrecomputedGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, name: str, head: Tensor, mean: Tensor, gradient: Tensor) -> Tensor:
        del head
        ctx.name = name
        ctx.save_for_backward(gradient)
        return mean.clone()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[None, Tensor, None, None]:
        (upstream,) = grad_outputs
        if torch.is_grad_enabled():
            raise BatchError(
                f"{ctx.name}_loss",
                "create_graph=True",
                "first derivatives only, because a batch of this size is evaluated in blocks with its gradient",
                f'differentiate the mean of the stages of mouse.losses.LOSSES["{ctx.name}"] instead',
            )
        (gradient,) = ctx.saved_tensors
        # A scaled copy takes longer than the block that made the gradient, so there is none where nothing scales.
        return None, gradient if bool(upstream == 1) else gradient * upstream, None, None
