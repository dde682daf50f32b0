"""Numbers in JSON: exact, and non-finite values are never a silent null."""

from typing import Annotated, Any, cast

from pydantic import BeforeValidator, PlainSerializer, Strict, WithJsonSchema
from torch import Tensor

from mouse.non_finite import NON_FINITE, spell

_SCHEMA = WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "enum": list(NON_FINITE)}]})


def _unspelled(value: object) -> object:
    return float(value) if isinstance(value, str) and value in NON_FINITE else value


Number = Annotated[
    float,
    PlainSerializer(spell),
    _SCHEMA,
]
"""Any float, non-finite ones included and visible."""
GivenNumber = Annotated[float, Strict(), BeforeValidator(_unspelled), PlainSerializer(spell), _SCHEMA]
"""The same in a request: a number, or one of the three words; nothing else is taken for one."""


def plain(value: Tensor | None) -> Any:
    """Convert a tensor to Python numbers of its own kind, exactly."""
    return None if value is None else cast("list[Any]", value.tolist())
