"""Parse parameter descriptions from docstrings in Google's, NumPy's and Sphinx's style."""

import inspect
import re
from collections.abc import Callable
from typing import Any


def parameter_docs(function: Callable[..., Any]) -> dict[str, str]:
    """What the docstring says of each parameter: Google's `Args:`, NumPy's and Sphinx's notation."""
    doc = inspect.getdoc(function) or ""
    found: dict[str, str] = {}
    sphinx = re.findall(r"^:param (?:[\w.\[\]]+ )?(\w+):\s*((?:.+)(?:\n[ \t]+.+)*)", doc, re.M)
    google = re.search(r"^(?:Args|Arguments|Parameters):\n((?:[ \t]+.*\n?|\n)+)", doc, re.M)
    if google:
        sphinx += re.findall(r"^[ \t]+\*{0,2}(\w+)(?: \([^)]*\))?:\s*(.+(?:\n[ \t]{6,}.+)*)", google[1], re.M)
    numpy = re.search(r"^Parameters\n-+\n((?:.*\n?)+?)(?:^\w.*\n-+\n|\Z)", doc, re.M)
    if numpy:
        sphinx += re.findall(r"^(\w+)\s*(?::.*)?\n((?:[ \t]+.+\n?)+)", numpy[1], re.M)
    for name, text in sphinx:
        found[name] = " ".join(text.split())
    return found
