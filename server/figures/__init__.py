"""The one list of figures that any term of any loss can be shown in."""

from typing import Any

from server.figures.figure import Figure
from server.figures.histogram import HISTOGRAM
from server.figures.term_map import TERM_MAP

FIGURES: dict[str, Figure[Any]] = {figure.name: figure for figure in (TERM_MAP, HISTOGRAM)}
