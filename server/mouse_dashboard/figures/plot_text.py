"""Text as Plotly shows it literally: no tag, entity, template or formula of a name is interpreted."""

from mouse.errors import cut
from mouse.visible import visible

MOST = 80
"""Characters of a name: a title of thousands leaves no room for the figure."""
_ENTITIES = str.maketrans({char: f"&#{ord(char)};" for char in "&<>%{}$"})
"""Plotly fills in templates before it decodes these, and MathJax looks for its dollars before too."""


def plot_text(text: str) -> str:
    """Escape a text that stands in a title, a legend, a label or the template of a hover."""
    return visible(text).translate(_ENTITIES)


def plot_name(name: str) -> str:
    """Escape a name, of which only the beginning is shown where it is long."""
    return plot_text(cut(name, MOST))
