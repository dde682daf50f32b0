"""Counts and names in sentences, and what cannot be seen in them."""

import pytest

from mouse.wording import MAX_KNOWN, counted, every_one, known_names, only_visible, visible


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 steps"), (1, "1 step"), (999, "999 steps"), (1_234_567, "1,234,567 steps")]
)
def test_a_count_has_separators_of_thousands_and_its_noun_the_right_number(count: int, said: str) -> None:
    assert counted(count, "step") == said


def test_of_one_there_is_no_every_one() -> None:
    assert [every_one(count, "step") for count in (0, 1, 1000)] == [
        "every one of 0 steps",
        "1 step",
        "every one of 1,000 steps",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("a\nb\x1b[0m", "a\\u000ab\\u001b[0m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_turns_or_hides_text_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["run 7", "Größe", "日本語", "שלום", "👩‍🔬"])
def test_letters_of_any_script_stay(text: str) -> None:
    assert visible(text) == text


def test_a_name_of_a_file_is_without_them() -> None:
    assert only_visible("demo\u202etxt.safetensors") == "demotxt.safetensors"


def test_of_names_that_there_are_the_most_similar_stands_first_and_few_are_left_out() -> None:
    assert known_names("gama", ["weight", "tau", "gamma"]) == "gamma, tau, weight"
    many = [f"field_{number}" for number in range(MAX_KNOWN + 3)]
    assert known_names("field_22", many).startswith("field_22, ")
    assert known_names("field_22", many).endswith(" and 3 more")
