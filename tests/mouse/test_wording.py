"""Counts in sentences."""

import pytest

from mouse.wording import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 steps"), (1, "1 step"), (999, "999 steps"), (1_234_567, "1,234,567 steps")]
)
def test_a_count_has_separators_of_thousands_and_its_noun_the_right_number(count: int, said: str) -> None:
    assert counted(count, "step") == said
