"""Resolve a slice: one class of a grouping."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from mouse_dashboard.compute.slices.grouping import DOCTOR, Grouping
from mouse_dashboard.compute.slices.selection import Selection
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import SliceRequest


@dataclass(frozen=True)
class Slice:
    """One class of a grouping."""

    grouping: Grouping
    value: int

    @property
    def label(self) -> str:
        """Name of the class."""
        return self.grouping.labels[self.value]

    def within(self, rows: tuple[int, int], steps: tuple[int, int]) -> Tensor:
        """Mask ``[rows, steps]`` of the transitions of a range that are in it."""
        return self.grouping.index[slice(*rows), slice(*steps)] == self.value

    def selection(self, rows: tuple[int, int], steps: tuple[int, int]) -> Selection:
        """Its transitions within a range."""
        return Selection(rows, steps, self.within(rows, steps).flatten().nonzero().flatten())


def find_slice(request: SliceRequest | None, groupings: Mapping[str, Grouping], prefix: str = "slice.") -> Slice | None:
    """Find the requested class; `prefix` is its path in the request.

    Raises:
        ApiError: 422 naming the field: no such grouping in this batch, or no such class in it.
    """
    if request is None:
        return None
    grouping = groupings.get(request.by)
    if grouping is None:
        known = ", ".join((*groupings, DOCTOR))
        message = f"{prefix}by: found {request.by[:40]!r}, expected one of {known}; drop the slice."
        raise ApiError(422, "unknown_slice", message, f"{prefix}by")
    classes = len(grouping.labels)
    if request.value >= classes:
        message = f"{prefix}value: found {request.value}, expected 0 to {classes - 1}, the classes of {request.by}."
        raise ApiError(422, "unknown_slice", message, f"{prefix}value")
    return Slice(grouping, request.value)
