"""The shared style of figures: colours, and the tick step of action axes.

The colours stay apart with any colour vision and stand out from a light and a dark page alike. From Okabe and Ito,
Color universal design, 2008; all have a contrast of 3 : 1 on both pages.
"""

BLUE = "#1f7fc0"
ORANGE = "#d55e00"
GREEN = "#009e73"
PINK = "#c2679a"
GREY = "#858c96"
SERIES = (BLUE, ORANGE, GREEN, PINK, GREY)
"""Colours of things beside each other, in this order."""
MAX_NAMED_ACTIONS = 9
"""Figures stand side by side, and names that touch are read as one number."""


MAX_WHOLE_TICKS = 10
"""On an axis that counts to less, Plotly may put ticks at fractions."""


def tick_step(actions: int) -> int:
    """Label every n-th action."""
    return -(-actions // MAX_NAMED_ACTIONS)


def whole_ticks(count: int) -> dict[str, int]:
    """Ticks at whole numbers alone, for an axis that counts up to a few."""
    return {"dtick": 1} if 0 < count < MAX_WHOLE_TICKS else {}
