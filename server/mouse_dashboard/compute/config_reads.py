"""Which fields of a config a computation reads: whatever the others are, its result is the same."""

from collections.abc import Callable
from copy import copy
from dataclasses import fields
from typing import Any

from mouse.losses.config import LossConfig

Reads = frozenset[tuple[str, Any]]
"""Fields with their values."""


def recording(cfg: LossConfig) -> tuple[LossConfig, Callable[[], Reads]]:
    """A config that notes which of its fields are read, and what tells them; where it is unclear, they are all."""
    kind, names = type(cfg), {field.name for field in fields(cfg)}
    read: set[str] = set()

    def get(self: LossConfig, name: str) -> Any:
        if name == "__class__":  # it reads no field to ask for the type
            return kind
        read.add(name)
        return kind.__getattribute__(self, name)

    noted = copy(cfg)
    object.__setattr__(noted, "__class__", type(kind.__name__, (kind,), {"__getattribute__": get}))
    return noted, lambda: frozenset((name, getattr(cfg, name)) for name in (read if read <= names else names))


def every(cfg: LossConfig) -> Reads:
    """All fields of a config."""
    return frozenset((field.name, getattr(cfg, field.name)) for field in fields(cfg))


def agrees(cfg: LossConfig, reads: Reads) -> bool:
    """Whether a config has these values."""
    return all(getattr(cfg, name) == value for name, value in reads)
