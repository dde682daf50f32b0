"""Notes on dropped or converted fields: one sentence per kind, with a few names and a count of the rest."""

from collections.abc import Sized
from dataclasses import dataclass, field

from mouse_dashboard.reading.errors import invalid_file, quote_name

NAMED = 5
KINDS = 20
"""Sentences; a kind may hold text of the file, so that there could be one for each of its fields."""
MAX_NOTES = KINDS + 2
"""One of the other kinds, and one of the file as a whole."""
MAX_NOTE = 4000
"""Characters of a sentence."""
MAX_REASONS = 240
"""Characters that say why nothing can be read."""
TEXT = "Text, stored as whole numbers in order of appearance"


@dataclass
class _Names:
    """The first names of a kind, and hashes of all: names may be long, and are added once per episode."""

    first: list[str] = field(default_factory=list[str])
    seen: set[int] = field(default_factory=set[int])

    def add(self, name: str) -> None:
        if hash(name) not in self.seen:
            self.seen.add(hash(name))
            if len(self.first) < NAMED:
                self.first.append(quote_name(name))

    def listed(self) -> str:
        more = len(self.seen) - len(self.first)
        return ", ".join(self.first) + (f" and {more} more" if more else "")


class Notes:
    """Field names grouped by note."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Names] = {}
        self._others = _Names()

    def add(self, what: str, name: str) -> None:
        """Add a note about a field."""
        if what in self._kinds or len(self._kinds) < KINDS:
            self._kinds.setdefault(what, _Names()).add(name)
        else:
            self._others.add(name)

    def sentences(self) -> list[str]:
        """Sentences such as: Left out, of dtype complex64: 'a', 'b'."""
        sentences = [f"{what}: {names.listed()}." for what, names in self._kinds.items()]
        if self._others.seen:
            sentences.append(f"Dropped or converted for other reasons: {self._others.listed()}.")
        return sentences

    def require(self, fields: Sized) -> None:
        """Refuse a file without readable fields; the error says why each was dropped.

        Raises:
            ApiError: 422.
        """
        if not fields:
            why = " ".join(self.sentences()).removesuffix(".")
            why = why if len(why) <= MAX_REASONS else f"{why[:MAX_REASONS]}..."
            found = f"no field of numbers ({why[:1].lower()}{why[1:]})" if why else "no field of numbers"
            raise invalid_file(found, "at least one", "save its arrays as numbers")
