"""A gradient that was taken together with the loss, handed over to autograd."""

from typing import Any, cast

import torch
from torch import Tensor

from mouse.errors import BatchError


def hand_over(name: str, head: Tensor, mean: Tensor, gradient: Tensor) -> Tensor:
    """The mean of the loss `name`, whose gradient with respect to the head is known.

    Raises:
        BatchError: (a ValueError) in a backward pass with ``create_graph=True``.
    """
    return cast("Tensor", _HandOver.apply(name, head, mean, gradient))  # pyright: ignore[reportUnknownMemberType]


class _HandOver(torch.autograd.Function):
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
                "first derivatives only, because a batch of this size comes in blocks with its gradient",
                f'differentiate the mean of the stages of mouse.losses.LOSSES["{ctx.name}"] instead',
            )
        (gradient,) = ctx.saved_tensors
        # As it is where nothing scales the loss: another tensor of this size takes longer than the block that made it.
        return None, gradient if bool(upstream == 1) else gradient * upstream, None, None
