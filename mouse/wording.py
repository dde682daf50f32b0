"""How counts and names are written in sentences: short enough to read, with nothing in them that cannot be seen."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

MAX_LISTED = 12
MAX_NAME = 40
MAX_KNOWN = 20
"""Names that an error lists if one is misspelled."""
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Control characters, what turns the direction of writing, what has no width, and halves of characters."""


def counted(count: int, noun: str) -> str:
    """``1 step``, ``4,064 transitions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def every_one(count: int, noun: str) -> str:
    """``every one of 4,064 transitions``; ``1 step`` of one."""
    return f"every one of {counted(count, noun)}" if count != 1 else counted(count, noun)


def cut(text: str, size: int) -> str:
    """The first characters of a text, with dots where something is left out."""
    return text if len(text) <= size else f"{text[:size]}..."


def listed(names: Iterable[str], otherwise: str) -> str:
    """Names by alphabet, ``otherwise`` if there are none."""
    return first_names(sorted(names)) or otherwise


def fields_found(names: Iterable[str]) -> str:
    """What an error says was found where a field is missing: ``only a, b``, or ``no fields``."""
    return f"only {found}" if (found := listed(names, "")) else "no fields"


def first_names(names: Sequence[str], quote: str = "", most: int = MAX_LISTED) -> str:
    """Names in this order; of a stranger's thousands, of any length, only as much as one can read."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"{quote}{cut(name, MAX_NAME)}{quote}" for name in names[:most]) + more


def known_names(name: str, known: Iterable[str]) -> str:
    """List the known names, the most similar to a misspelled one first.

    Example:
        >>> known_names("gama", ["weight", "tau", "gamma"])
        'gamma, tau, weight'
    """
    ordered = sorted(known, key=lambda each: -SequenceMatcher(None, name, each).ratio())
    return first_names(ordered, most=MAX_KNOWN)


def visible(text: str) -> str:
    r"""The text with each character that cannot be seen as its escape, such as ``\u202e``."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def only_visible(text: str) -> str:
    """The text without such characters: for a file's name, where an escape would be a backslash."""
    return _UNSEEN.sub("", text)
