"""What a reader leaves out or converts, told in one sentence per kind."""

from collections import defaultdict

from mouse_dashboard.reading.refusal import shown

NAMED = 5
TEXT = "Text, stored as whole numbers in order of appearance"


class Notes:
    """Names of fields by what is to be said of them."""

    def __init__(self) -> None:
        self._names: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def add(self, what: str, name: str) -> None:
        """Say something of a field."""
        self._names[what][name] = None

    def told(self) -> list[str]:
        """Sentences such as: Left out, of dtype complex64: 'a', 'b'."""
        return [f"{what}: {_listed(list(names))}." for what, names in self._names.items()]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(shown, names[:NAMED])) + more
