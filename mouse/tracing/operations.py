"""Classify torch operations: views, new tensors, and in-place changes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from torch import Tensor

VIEWS = {
    *("__getitem__", "__get__", "select", "narrow", "unbind", "split", "chunk"),
    *("view", "view_as", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "detach", "contiguous"),
    *("permute", "transpose", "t", "swapaxes", "movedim"),
    *("expand", "expand_as", "broadcast_to", "broadcast_tensors"),
}
"""Operations that show values anew and compute none."""
IN_PLACE = {f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "pow", "and", "or", "xor", "mod")}
TO_NUMPY = {"numpy", "__array__", "__dlpack__"}
"""Operations whose result shares the memory of a tensor with what torch does not see."""


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Tensors in arguments or results, in tuples, lists and dictionaries too."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[Any]", value):
            yield from tensors_in(each)
    elif isinstance(value, dict):
        yield from tensors_in(list(cast("dict[Any, Any]", value).values()))


def changed_by(operation: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The tensors that an operation changes in place; none where it makes new ones."""
    if "out" in kwargs:
        return list(tensors_in(kwargs["out"]))
    changes = (
        operation == "__setitem__"
        or operation in IN_PLACE
        or (operation.endswith("_") and not operation.endswith("__") and operation not in ("requires_grad_", "detach_"))
        or kwargs.get("inplace") is True
    )
    return list(tensors_in(args[:1])) if changes else []
