"""Names of downloads, derived from the batch's name."""

import re
from urllib.parse import quote

from mouse.wording import only_visible


def stem(batch_name: str) -> str:
    """A batch's name without the ending of its file."""
    return re.sub(r"(?<=.)\.[A-Za-z][A-Za-z0-9]*$", "", batch_name)


def batch_file(batch_name: str) -> str:
    """Download name of the batch itself: always safetensors, whatever was uploaded."""
    return f"{stem(batch_name)}.safetensors"


def attachment(file_name: str) -> dict[str, str]:
    """Headers that make a browser save a response under a name, in any script (RFC 6266).

    Invisible characters are dropped: U+202E would disguise the file's extension.
    """
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(only_visible(file_name), safe='')}"}
