"""What downloads are called: after the batch."""

import re
from urllib.parse import quote

from mouse.wording import only_visible


def stem(batch_name: str) -> str:
    """A batch's name without the ending of its file."""
    return re.sub(r"(?<=.)\.[A-Za-z][A-Za-z0-9]*$", "", batch_name)


def batch_file(batch_name: str) -> str:
    """What the batch itself is called, downloaded; it is safetensors, whatever was sent."""
    return f"{stem(batch_name)}.safetensors"


def attachment(file_name: str) -> dict[str, str]:
    """Headers that make a browser save what comes under a name, in any script (RFC 6266).

    What cannot be seen in it is left out: U+202E would make another ending of it.
    """
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(only_visible(file_name), safe='')}"}
