"""The share of a loss or a gradient at some places."""

import math

import torch
from torch import Tensor

from mouse.losses.gradient import length


def step_norm(gradient: Tensor) -> Tensor:
    """Length of the gradient of all outputs of a step, ``[B, S]``, in float32 or wider."""
    wide = gradient.to(torch.promote_types(gradient.dtype, torch.float32))
    return length(wide.flatten(2), -1)


def share_at(values: Tensor, mask: Tensor) -> float | None:
    """Part of the sum of values that lies at some places; None where they sum to 0 or are not finite."""
    chosen = mask.flatten(2).any(dim=2) if mask.dim() > 2 else mask
    wide = values.double()
    total = float(wide.sum())
    share = float((wide * chosen).sum()) / total if total else math.nan
    return share if math.isfinite(share) else None
