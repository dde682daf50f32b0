"""In-memory steps: a dict of tensors, arrays or lists, one entry per step."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import torch
from jaxtyping import Int
from torch import Tensor

from mouse.errors import BatchError


class TensorSteps:
    """Fields ``[N, ...]`` of one length. Arrays share their memory; those that are mapped from a disk stay there."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        if not fields:
            raise BatchError("steps", "no fields", "a field of shape [N, ...] at least", "add the fields")
        self._fields = dict(fields)
        lengths = {name: _length(name, value) for name, value in fields.items()}
        first, self._length = next(iter(lengths.items()))
        for name, length in lengths.items():
            if length != self._length:
                expected = f"{self._length} as in {first!r}"
                raise BatchError(f"steps.{name}", f"{length} steps", expected, "give each field one entry per step")

    @property
    def names(self) -> Sequence[str]:
        """Its fields."""
        return tuple(self._fields)

    def __len__(self) -> int:
        return self._length

    def windows(self, fields: Iterable[str], starts: Int[Tensor, " batch"], length: int) -> dict[str, Tensor]:
        """Copies of the steps from each start on."""
        index = (starts.unsqueeze(1) + torch.arange(length)).flatten()
        return {name: _taken(self._tensor(name), index).unflatten(0, (-1, length)) for name in fields}

    def ids(self, field: str) -> Int[Tensor, " step"]:
        """A whole field of integers; text is numbered by its first occurrence."""
        values = self._fields[field]
        as_list = cast("list[object]", values.tolist() if hasattr(values, "tolist") else list(values))
        if all(isinstance(value, str) for value in as_list):
            codes: dict[object, int] = {}
            return torch.tensor([codes.setdefault(value, len(codes)) for value in as_list])
        ids = self._tensor(field)
        if ids.dim() != 1 or ids.is_floating_point() or ids.is_complex():
            found = f"{ids.dtype} {list(ids.shape)}"
            raise BatchError(f"steps.{field}", found, "integers or text [N]", "number the sequences")
        return ids.long().cpu()

    def _tensor(self, name: str) -> Tensor:
        """Convert a field to a tensor, once."""
        value = self._fields[name]
        if not isinstance(value, Tensor):
            value = self._fields[name] = _tensor(name, value)
        return value


def _length(name: str, value: Any) -> int:
    try:
        return len(value)
    except TypeError as error:
        found = f"a {type(value).__name__} without a length"
        raise BatchError(f"steps.{name}", found, "a tensor, an array or a list [N, ...]", "convert it") from error


def _tensor(name: str, value: Any) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # nothing is written to it
        try:
            return torch.as_tensor(value)
        except (TypeError, ValueError, RuntimeError) as error:
            reason = str(error).partition("\n")[0]
            raise BatchError(
                f"steps.{name}", f"no numbers ({reason})", "a tensor, an array or a list [N, ...]", "convert it"
            ) from error


def _taken(values: Tensor, index: Tensor) -> Tensor:
    return values.detach().index_select(0, index.to(values.device))
