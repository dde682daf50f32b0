"""A head's output for the action that was taken."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def take_action(
    head: Float[Tensor, "batch step action *dim"], action: Int[Tensor, "batch time"]
) -> Float[Tensor, "batch time *dim"]:
    """Entry of the given action in each of the first steps; NaN where the action does not exist.

    It is read from the whole head: the gradient of a slice would be another tensor of the head's size.
    """
    if head.device.type == "cpu" and not torch.compiler.is_compiling():
        try:
            return _gather(head, action)
        except RuntimeError:  # the CPU refuses an action that does not exist, where a GPU would end the process
            pass
    existing = action.clamp(0, head.shape[2] - 1)
    absent = (existing != action).reshape(*action.shape, *[1] * (head.dim() - 3))
    return _gather(head, existing).masked_fill(absent, torch.nan)


def _gather(head: Tensor, action: Tensor) -> Tensor:
    index = action.unsqueeze(-1)
    for size in head.shape[3:]:
        index = index.unsqueeze(-1).expand(*index.shape, size)
    return head.gather(2, index).squeeze(2)
