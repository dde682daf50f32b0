"""What a reader leaves out or converts: one sentence per kind, a few names in each, and a count of the rest."""

from dataclasses import dataclass, field

from mouse_dashboard.reading.refusal import shown

NAMED = 5
KINDS = 20
"""Sentences; a kind may hold text of the file, so that there could be one for each of its fields."""
MAX_NOTES = KINDS + 1
MAX_NOTE = 4000
"""Characters of a sentence."""
TEXT = "Text, stored as whole numbers in order of appearance"


@dataclass
class _Names:
    """The first names of a kind, and the hashes of all: a name may be long, and is added once for each episode."""

    first: list[str] = field(default_factory=list[str])
    seen: set[int] = field(default_factory=set[int])

    def add(self, name: str) -> None:
        if hash(name) not in self.seen:
            self.seen.add(hash(name))
            if len(self.first) < NAMED:
                self.first.append(shown(name))

    def listed(self) -> str:
        more = len(self.seen) - len(self.first)
        return ", ".join(self.first) + (f" and {more} more" if more else "")


class Notes:
    """Names of fields by what is to be said of them."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Names] = {}
        self._others = _Names()

    def add(self, what: str, name: str) -> None:
        """Say something of a field."""
        if what in self._kinds or len(self._kinds) < KINDS:
            self._kinds.setdefault(what, _Names()).add(name)
        else:
            self._others.add(name)

    def sentences(self) -> list[str]:
        """Sentences such as: Left out, of dtype complex64: 'a', 'b'."""
        sentences = [f"{what}: {names.listed()}." for what, names in self._kinds.items()]
        if self._others.seen:
            sentences.append(f"Left out or converted for other reasons: {self._others.listed()}.")
        return sentences
