"""Encode texts and arrays for Plotly: names are escaped, numbers are exact."""

import base64
from typing import Any

import numpy as np
from torch import Tensor

from mouse.wording import cut, visible

MAX_LABEL = 80
"""Characters of a name: a title of thousands leaves no room for the figure."""
_ENTITIES = str.maketrans({char: f"&#{ord(char)};" for char in "&<>%{}$"})
"""Plotly fills in templates before it decodes these, and MathJax looks for its dollars before too."""
_CODES = {"float64": "f8", "float32": "f4", "int32": "i4", "uint8": "u1"}


def plot_text(text: str) -> str:
    """Escape a text for a title, a legend, a label or a hover template."""
    return visible(text).translate(_ENTITIES)


def plot_name(name: str) -> str:
    """Escape a name, truncated if it is long."""
    return plot_text(cut(name, MAX_LABEL))


def typed_array(values: Tensor) -> dict[str, Any]:
    """Encode a float64, float32, int32 or uint8 tensor of up to three dimensions: base64 of its bytes.

    It is exact and small, and has room for NaN, which JSON lacks.

    Raises:
        KeyError: a dtype that Plotly does not decode.
    """
    array = np.ascontiguousarray(values.numpy())
    encoded: dict[str, Any] = {
        "dtype": _CODES[array.dtype.name],
        "bdata": base64.b64encode(array.data).decode("ascii"),
    }
    if array.ndim > 1:
        encoded["shape"] = ", ".join(map(str, array.shape))
    return encoded
