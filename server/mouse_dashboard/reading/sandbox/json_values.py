"""The values of one field of a JSON file: nested lists of one shape and one type become an array."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from mouse_dashboard.reading.errors import invalid_file, quote_name
from mouse_dashboard.reading.notes import TEXT, Notes

RAGGED = "write episodes of different lengths one after the other, with the number of each row's in a field 'episode'"


def as_array(name: str, values: Any, notes: Notes) -> NDArray[Any] | None:
    """Make the array, or say why the field is left out. Whole numbers stay int64, decimals become float32.

    Raises:
        ApiError: 422, lists of different lengths, null, or a number that the type cannot hold.
    """
    if not isinstance(values, list):
        notes.add("Dropped, a single value", name)
        return None
    shape, leaves = _unfolded(name, cast("list[Any]", values))
    kinds: set[type] = set(map(type, leaves))
    if type(None) in kinds:
        place = np.unravel_index(leaves.index(None), shape)
        where = f"{quote_name(name)} at {[int(index) for index in place]}"
        raise invalid_file(
            f"null in {where}", "a number", "write NaN for a number that is missing, or leave the field out"
        )
    if kinds == {str} and len(shape) == 1:
        notes.add(TEXT, name)
        codes = {value: code for code, value in enumerate(dict.fromkeys(leaves))}
        return np.array([codes[value] for value in leaves], np.int64)
    if kinds == {bool}:
        return np.array(leaves, np.bool_).reshape(shape)
    if kinds == {int}:
        return _whole(name, leaves).reshape(shape)
    if kinds and kinds <= {int, float}:
        mixed = "Whole numbers and decimals, stored as float32"
        notes.add(mixed if int in kinds else "Decimals, stored as float32", name)
        return _decimal(name, leaves).reshape(shape)
    notes.add("Dropped, neither numbers nor booleans throughout" if kinds else "Dropped, without a value", name)
    return None


def _unfolded(name: str, values: list[Any]) -> tuple[tuple[int, ...], list[Any]]:
    """Shape and values of nested lists, level by level."""
    shape = [len(values)]
    while values and isinstance(values[0], list):
        length = len(cast("list[Any]", values[0]))
        for index, inner in enumerate(values):
            if not isinstance(inner, list) or len(cast("list[Any]", inner)) != length:
                count = len(cast("list[Any]", inner)) if isinstance(inner, list) else "no list"
                found = f"{count} at {index} of level {len(shape)} of {quote_name(name)}"
                raise invalid_file(found, f"{length} values as in the first list there", RAGGED)
        shape.append(length)
        values = [value for inner in values for value in inner]
    return tuple(shape), values


def _whole(name: str, leaves: list[int]) -> NDArray[np.int64]:
    try:
        return np.array(leaves, np.int64)
    except OverflowError as error:
        raise invalid_file(
            f"a whole number in {quote_name(name)} beyond int64", "one below 2 ** 63", "scale it"
        ) from error


def _decimal(name: str, leaves: list[float]) -> NDArray[np.float32]:
    try:
        exact = np.array(leaves, np.float64)
    except OverflowError as error:
        raise invalid_file(
            f"a number in {quote_name(name)} beyond float64", "one that float32 holds", "scale it"
        ) from error
    with np.errstate(over="ignore"):
        stored = exact.astype(np.float32)
    if (np.isinf(stored) != np.isinf(exact)).any():
        raise invalid_file(f"a number in {quote_name(name)} beyond float32", "one below 3.4e38", "scale it")
    return stored
