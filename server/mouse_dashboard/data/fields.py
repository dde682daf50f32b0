"""Find a field of a batch and an index into it; errors name the field of the request."""

from collections.abc import Sequence
from math import prod
from typing import cast

from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.fields import OUT, STEP_STREAM, names, read
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.schema.errors import ApiError


def all_fields(batch: Batch) -> list[tuple[str, str, Tensor]]:
    """Group, name and tensor of every field, `step_stream` first, by name."""
    return [
        (group, name, find_field(batch, group, name)) for group in (STEP_STREAM, OUT) for name in _names(batch, group)
    ]


def find_field(batch: Batch, group: str, name: str) -> Tensor:
    """The tensor of a field.

    Raises:
        ApiError: 422, no such field.
    """
    present = _names(batch, group)
    if name not in present:
        message = (
            f"name: found {name[:40]!r}, expected a field of {group}: {', '.join(present)[:400]}; pick one of them."
        )
        raise ApiError(422, "unknown_field", message, "name")
    return read(_source(batch, group), name, group, "a tensor")


def check_index(index: Sequence[int], shape: Sequence[int]) -> list[int]:
    """An index into the further dimensions, 0 where it is left out.

    Raises:
        ApiError: 422, outside, or of more dimensions than there are.
    """
    full = [*index, *([0] * (len(shape) - len(index)))]
    if len(full) != len(shape) or any(at >= size for at, size in zip(full, shape, strict=True)) or prod(shape) == 0:
        message = f"index: found {list(index)}, expected an index into {list(shape)}; each from 0 to its size - 1."
        raise ApiError(422, "bad_index", message, "index")
    return full


def _names(batch: Batch, group: str) -> list[str]:
    return sorted(names(_source(batch, group)))


def _source(batch: Batch, group: str) -> TensorDictBase:
    return cast("TensorDictBase", batch.step_stream if group == STEP_STREAM else batch.out)
