"""What Python and torch offer under no public name (torch 2.4 to 2.13)."""

import sys
from types import FrameType

import torch
from torch import Tensor
from torch.autograd import forward_ad


def caller_frame(depth: int) -> FrameType:
    """The frame that many calls above the caller's own, with 0 for its own."""
    return sys._getframe(depth + 1)  # pyright: ignore[reportPrivateUsage]


def is_functorch_tensor(tensor: Tensor) -> bool:
    """Whether a tensor exists only inside a `torch.func` transform, and cannot be read after it.

    In public it differs by raising an error where its memory is asked for, as sparse tensors do too.
    """
    return torch._C._functorch.is_functorch_wrapped_tensor(tensor)  # pyright: ignore


def storage_of(tensor: Tensor) -> int:
    """Address of a tensor's memory: equal for a tensor and its views; 0 where it has none."""
    try:
        return tensor.untyped_storage().data_ptr()
    except RuntimeError:  # sparse, or of torch.func
        return 0


def has_function_mode() -> bool:
    """Whether a `TorchFunctionMode` intercepts each operation, as `mouse.explain` does; modes are listed nowhere."""
    return torch._C._len_torch_function_stack() > 0  # pyright: ignore


def is_dual(tensor: Tensor) -> bool:
    """Whether a tensor carries a tangent of forward mode."""
    return forward_ad.unpack_dual(tensor).tangent is not None  # pyright: ignore[reportUnknownMemberType]
