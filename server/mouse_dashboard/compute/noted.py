"""What was noted of a file when a batch was made of it, in the header of the batch's own file."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter, ValidationError
from safetensors import safe_open

from mouse.mapping import Doubt, Mapping

MAPPING = TypeAdapter(Mapping)
DOUBTS = TypeAdapter(tuple[Doubt, ...])


def header(mapping: Mapping | None, doubts: Sequence[Doubt] | None) -> dict[str, str]:
    """Metadata of a batch file: what it was made by, and what was noted."""
    made = {} if mapping is None else {"mapping": MAPPING.dump_json(mapping).decode()}
    return made if doubts is None else made | {"doubts": DOUBTS.dump_json(tuple(doubts)).decode()}


def noted(path: Path) -> Sequence[Doubt] | None:
    """What a batch file says was noted; None where it was made of no other file."""
    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        text = cast("dict[str, str]", file.metadata() or {}).get("doubts")
    try:
        return None if text is None else DOUBTS.validate_json(text)
    except ValidationError:  # written by someone else
        return None
