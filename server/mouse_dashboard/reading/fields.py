"""The result of every reader, and its limits."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mouse_dashboard.reading.cancellation import Cancellation


class FileLimits(NamedTuple):
    """Limits on an uploaded file."""

    max_bytes: int
    """Of a file as it is sent, and of what it unpacks to."""
    allow_pt: bool = False
    """Whether the operator lets torch open its own files."""
    max_seconds: int = 120
    """Processor time of a reader; a small file gets less."""


class Fields(NamedTuple):
    """The unchanged fields of a file, in a checked safetensors file."""

    path: Path
    notes: tuple[str, ...]
    """One sentence for each thing left out or converted."""
    python: str
    """Lines that give the same ``fields: dict[str, Tensor]`` from the file as it was sent, by its own library."""


Reader = Callable[[Path, str, Path, FileLimits, Cancellation], Fields]
"""Takes the file received, its name, where a conversion goes to, the limits, and what ends it."""
