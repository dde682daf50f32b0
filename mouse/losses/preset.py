"""Presets: named configurations, with the publication that their values come from."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A publication."""

    authors: str
    title: str
    year: int

    def __str__(self) -> str:
        return f"{self.authors}, {self.title}, {self.year}"


@dataclass(frozen=True)
class Preset:
    """Values of some fields of a config; the others take their defaults."""

    name: str
    """What it is called by."""
    doc: str
    """What it is for, and what of the publication it leaves out, in one sentence."""
    fields: Mapping[str, float | bool | str]
    """The fields it sets."""
    reference: Reference
    """Where the values come from."""
