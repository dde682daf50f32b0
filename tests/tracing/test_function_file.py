"""Addresses of functions in files: read, loaded, and refused in a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mouse.tracing.function_file import FunctionAddress
from tests.tracing.batches import explained

FILE = "def loss(value, *, clip: float = 0.5):\n    return (value * clip).mean()\n"


def test_an_address_is_read_and_the_function_loaded(tmp_path: Path) -> None:
    path = tmp_path / "my_losses_of_a_test.py"
    path.write_text(FILE)
    address = FunctionAddress.parse(f"{path}:loss")
    function = address.load()
    assert explained(function).loss.isfinite()
    assert FunctionAddress.of(function) == address
    assert FunctionAddress.parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loss", "found no function's name"),
        ("losses.py:", "found no function's name"),
        ("losses.py:agent.loss", "write `loss = agent.loss` there and name that"),
        ("nowhere.py:loss", "found no file nowhere.py"),
    ],
)
def test_an_address_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FunctionAddress.parse(text)


def test_a_function_that_a_file_does_not_have_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other_losses_of_a_test.py"
    path.write_text(FILE)
    with pytest.raises(ValueError, match="expected one of loss; check the name"):
        FunctionAddress(path, "missing").load()
    text = tmp_path / "losses_of_a_test.txt"
    text.write_text(FILE)
    with pytest.raises(ValueError, match="found a file that is not Python"):
        FunctionAddress(text, "loss").load()


@pytest.mark.parametrize("function", [min, lambda value: value])  # pyright: ignore
def test_what_stands_at_no_top_level_has_no_address(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="found no file that holds it"):
        FunctionAddress.of(function)


def test_parameters_are_read_from_the_file_without_running_it(tmp_path: Path) -> None:
    file = tmp_path / "unrun.py"
    file.write_text("raise SystemExit\ndef loss(q, /, rewards, *, actions, gamma=0.9):\n    return q\n")
    assert FunctionAddress(file, "loss").parameters() == ("q", "rewards", "actions")
