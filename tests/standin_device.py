"""A device that is none of the CPU, for machines without a GPU: its tensors are computed on the CPU, but kept apart.

As on a GPU an operation on tensors of both is refused, and what brings a number to the host is counted. torch knows
the name of the device, and leaves what is done on it to whoever asks first: here `StandInDevice`.
"""

from collections import Counter
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

DEVICE = "lazy"
aten: Any = torch.ops.aten
INDEXED = {"index", "_index_put_impl_", "_unsafe_index"}
"""Operations that take indices from the CPU too."""
SYNCS = {"_local_scalar_dense", "nonzero", "equal", "masked_select"}
"""Operations after which the host waits, besides copies to it."""


class DeviceTensor(Tensor):
    """A tensor of the device."""

    on_cpu: Tensor
    """Its numbers."""
    __torch_function__: Any = cast("Any", torch._C)._disabled_torch_function_impl  # pyright: ignore

    @staticmethod
    def of(values: Tensor) -> "DeviceTensor":
        """Stand for a tensor of the CPU."""
        make: Any = Tensor._make_wrapper_subclass  # pyright: ignore[reportPrivateUsage]
        place = {"strides": values.stride(), "storage_offset": values.storage_offset()}
        made: DeviceTensor = make(DeviceTensor, values.shape, dtype=values.dtype, device=DEVICE, **place)
        made.on_cpu = values
        return made

    def data_ptr(self) -> int:
        """Where its numbers are."""
        return self.on_cpu.data_ptr()

    def untyped_storage(self) -> Any:
        """What it shares with its views."""
        return self.on_cpu.untyped_storage()

    def tolist(self) -> Any:
        """Its numbers, after a copy to the host."""
        return cast("Any", self.cpu()).tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Refuse what happens without the device."""
        raise AssertionError(f"{func} outside of the stand-in device")


class StandInDevice(TorchDispatchMode):
    """While it is entered, the device exists."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: Counter[str] = Counter()
        """Of each operation that worked on the device, how often it ran."""
        self.syncs: Counter[str] = Counter()
        """Of each operation that made the host wait for the device, how often it ran."""
        self.memory: int | None = None
        """Operations until the memory of the device is used up."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute on the CPU what is the device's."""
        name, kwargs = str(func._schema.name).removeprefix("aten::"), dict(kwargs or {})
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        here = [each for each in tensors if isinstance(each, DeviceTensor)]
        asked = kwargs.get("device")
        asked = None if asked is None else torch.device(asked).type
        if not here and asked != DEVICE:
            return func(*args, **kwargs)
        self._count(name, here, to_host=asked == "cpu" or (name == "copy_" and not isinstance(args[0], DeviceTensor)))
        if name not in {*INDEXED, "_to_copy", "copy_"}:
            apart = [each for each in tensors if not isinstance(each, DeviceTensor) and each.dim()]
            assert not (here and apart), f"{name}: expected all tensors on the same device, found two"
        if asked is not None:
            kwargs["device"] = "cpu"
        found = func(*tree_map(_inner, args), **tree_map(_inner, kwargs))
        if func._schema.is_mutable and func._schema.arguments[0].alias_info is not None and func._schema.returns:
            return args[0]
        return found if asked == "cpu" else tree_map(_outer, found)

    def _count(self, name: str, here: list[DeviceTensor], *, to_host: bool) -> None:
        if self.memory is not None:
            if not self.memory:
                raise torch.cuda.OutOfMemoryError("the stand-in device")
            self.memory -= 1
        self.operations[name] += 1
        if here and (to_host or name in SYNCS):
            self.syncs[name] += 1


def _inner(value: Any) -> Any:
    return value.on_cpu if isinstance(value, DeviceTensor) else value


def _outer(value: Any) -> Any:
    return DeviceTensor.of(value) if isinstance(value, Tensor) else value
