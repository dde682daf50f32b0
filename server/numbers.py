"""Numbers over JSON: exact, and never a silent null for what is not finite."""

import math
from typing import Annotated, Any, cast

from pydantic import PlainSerializer, WithJsonSchema
from torch import Tensor

NON_FINITE = ("NaN", "Infinity", "-Infinity")


def spell(number: float) -> float | str:
    """JSON has no NaN and no infinity: they travel as the strings that JavaScript's ``Number()`` reads back."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


Number = Annotated[
    float,
    PlainSerializer(spell),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "enum": list(NON_FINITE)}]}),
]
"""Any float, non-finite ones included and visible."""


def plain(value: Tensor | None) -> Any:
    """Turn a tensor into Python numbers of its own kind, exactly."""
    return None if value is None else cast("list[Any]", value.tolist())
