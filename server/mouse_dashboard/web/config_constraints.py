"""The constraints of a config field in words, derived from its JSON Schema: what is expected, and how to fix it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mouse.losses.config import LossConfig
from mouse_dashboard.compute.configs import config_adapter


class Expectation(NamedTuple):
    """The second half of a message: expected ..., do ...."""

    expected: str
    fix: str


def expectation_of(config: type[LossConfig], name: str) -> Expectation | None:
    """The expectation of a config field; None if there is no such field."""
    schema = config_adapter(config).json_schema()["properties"].get(name)
    return schema and _expectation(schema)


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
