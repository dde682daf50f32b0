"""Convert uint16, uint32 and uint64, which torch neither compares nor reduces, to a type that it supports."""

import torch
from torch import Tensor

SIGNED = {torch.uint16: torch.int32, torch.uint32: torch.int64}


def to_comparable(values: Tensor) -> Tensor:
    """The same numbers: exact, but for uint64 beyond the largest int64, which become the nearest float64."""
    if values.dtype == torch.uint64:
        high = int(values.numpy().max()) if values.numel() else 0
        return values.double() if high > torch.iinfo(torch.int64).max else values.long()
    return values.to(SIGNED.get(values.dtype, values.dtype))
