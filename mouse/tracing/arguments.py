"""The config of a call, made of the parameters that are given; errors name the parameter and those that there are."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mouse.errors import BatchError
from mouse.losses.config import LossConfig
from mouse.tracing.config_class import OF_EVERY_LOSS
from mouse.tracing.signature import Signature
from mouse.wording import cut, known_names

LONGEST = 60
"""Characters of a value that a message shows."""


def config_of(signature: Signature, values: Mapping[str, Any]) -> LossConfig:
    """The config of a function, with its defaults where nothing is given.

    Raises:
        BatchError: (a ValueError) a parameter that does not exist, or has another type or range.
    """
    try:
        return signature.config(**values)
    except ValidationError as error:
        raise _error(signature, error.errors()[0]) from None


def _error(signature: Signature, error: Any) -> BatchError:
    name = f"{signature.name}({'.'.join(map(str, error['loc']))})"
    if error["type"] == "unexpected_keyword_argument":
        known = known_names(error["loc"][0], [*signature.knobs, *OF_EVERY_LOSS])
        return BatchError(name, "a parameter of that name", f"one of {known}", "check its spelling or remove it")
    expected = str(error["msg"]).removeprefix("Input should be ")
    return BatchError(name, cut(repr(error["input"]), LONGEST), expected, "change it")
