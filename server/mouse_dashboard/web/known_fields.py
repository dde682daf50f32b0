"""The fields that an object of a request may have, read from the JSON Schema of its type."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter


def known_fields(of: Any, path: Sequence[object]) -> list[str]:
    """Names of the fields of the object that stands at a path in a value of a type; none where they are not known."""
    schema = TypeAdapter(of).json_schema()
    nodes = list(_alternatives(schema, schema))
    for part in path:
        below = [each for node in nodes for child in _children(node, part) for each in _alternatives(child, schema)]
        nodes = below or nodes  # a path names which alternative of a union it is, too
    return list(dict.fromkeys(name for node in nodes for name in node.get("properties", ())))


def _children(node: Mapping[str, Any], part: object) -> Iterator[Any]:
    if part in node.get("properties", {}):
        yield node["properties"][part]
    elif isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    elif isinstance(part, int) and "items" in node:
        yield node["items"]


def _alternatives(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a schema says, behind references and in unions."""
    if "$ref" in node:
        yield from _alternatives(schema["$defs"][node["$ref"].rpartition("/")[2]], schema)
    yield node
    for each in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _alternatives(each, schema)
