"""What of Python and torch has no public name."""

import sys
from types import FrameType

import torch
from torch import Tensor
from torch.autograd import forward_ad


def caller_frame(depth: int) -> FrameType:
    """The frame that many calls above the caller's own, with 0 for its own."""
    return sys._getframe(depth + 1)  # pyright: ignore[reportPrivateUsage]


def is_of_functorch(tensor: Tensor) -> bool:
    """Whether a tensor exists inside of `torch.func` only, and cannot be read after that."""
    return torch._C._functorch.is_functorch_wrapped_tensor(tensor)  # pyright: ignore


def storage_of(tensor: Tensor) -> int:
    """Address of a tensor's memory: equal for a tensor and its views; 0 where it has none."""
    try:
        return tensor.untyped_storage().data_ptr()
    except RuntimeError:  # sparse, or of torch.func
        return 0


def is_watched() -> bool:
    """Whether a `TorchFunctionMode` sees each operation, as `mouse.explain` does."""
    return torch._C._len_torch_function_stack() > 0  # pyright: ignore


def is_dual(tensor: Tensor) -> bool:
    """Whether a tensor carries a tangent of forward mode."""
    return forward_ad.unpack_dual(tensor).tangent is not None  # pyright: ignore[reportUnknownMemberType]
