"""JSON has no NaN and no infinity: they travel as the strings that JavaScript's ``Number()`` reads back."""

import math

NON_FINITE = ("NaN", "Infinity", "-Infinity")


def spell(number: float) -> float | str:
    """A number as it goes into JSON."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number
