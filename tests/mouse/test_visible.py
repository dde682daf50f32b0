"""Characters that cannot be seen are shown as escapes."""

import pytest

from mouse.visible import only_visible, visible


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
