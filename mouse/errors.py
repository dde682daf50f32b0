"""What is said when a batch cannot be used: always the field, what was found, what was expected, what to do."""

from collections.abc import Iterable, Sequence

from mouse.visible import visible

MAX_LISTED = 12
MAX_NAME = 40


class BatchError(ValueError):
    """A field is there but its shape, type or values cannot be used."""

    def __init__(self, field: str, found: str, expected: str, fix: str) -> None:
        self.field = field
        super().__init__(visible(f"{field}: found {found}, expected {expected}; {fix}."))


class MissingFieldError(KeyError):
    """A field that a loss reads is not in the batch."""

    def __init__(self, field: str, found: str, expected: str, fix: str) -> None:
        self.field = field
        self.message = visible(f"{field}: found {found}, expected {expected}; {fix}.")
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


def listed(names: Iterable[str], otherwise: str) -> str:
    """Names by alphabet, ``otherwise`` if there are none."""
    return first_names(sorted(names)) or otherwise


def fields_found(names: Iterable[str]) -> str:
    """What an error says was found where a field is missing: ``only a, b``, or ``no fields``."""
    return f"only {found}" if (found := listed(names, "")) else "no fields"


def first_names(names: Sequence[str], quote: str = "") -> str:
    """Names in this order; of a stranger's thousands, of any length, only as much as one can read."""
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(f"{quote}{cut(name, MAX_NAME)}{quote}" for name in names[:MAX_LISTED]) + more


def cut(text: str, size: int) -> str:
    """The first characters of a text, with dots where something is left out."""
    return text if len(text) <= size else f"{text[:size]}..."
