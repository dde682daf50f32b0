"""Text of a stranger's, such as a name, with what cannot be seen in it made visible."""

import re

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Control characters, what turns the direction of writing, what has no width, and halves of characters."""


def only_visible(text: str) -> str:
    """The text without such characters: for a file's name, where an escape would be a backslash."""
    return _UNSEEN.sub("", text)


def visible(text: str) -> str:
    r"""The text with each such character as its escape, such as ``\u202e``."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
