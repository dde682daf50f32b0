"""What a field of a config expects, and what to do about another value: in the words of its form, from its schema."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import config_adapter


class Expectation(NamedTuple):
    """The second half of a message: expected ..., do ...."""

    expected: str
    fix: str


def expectation_of(location: Sequence[object]) -> Expectation | None:
    """Of the config field at a place in a request, such as ``configs, dqn, gamma``; None elsewhere."""
    match location:
        case ("configs", str() as loss, str() as name) if loss in LOSSES and name in _properties(loss):
            return _expectation(_properties(loss)[name])
        case _:
            return None


def _expectation(schema: Mapping[str, Any]) -> Expectation:
    default = schema["default"]
    reset = f"reset it to {default if isinstance(default, str) else format(default, 'g')}"
    if "enum" in schema:
        return Expectation(f"one of {', '.join(schema['enum'])}", f"pick one of them, or {reset}")
    if schema["type"] == "boolean":
        return Expectation("true or false", "switch it on or off")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return Expectation("a finite number", f"type a number, or {reset}")
    bounds = f"{low:g} or more" if high is None else f"{high:g} or less" if low is None else f"{low:g} to {high:g}"
    return Expectation(bounds, f"type a number in that range, or {reset}")


@cache
def _properties(loss: str) -> Mapping[str, Mapping[str, Any]]:
    return config_adapter(LOSSES[loss].config).json_schema()["properties"]
