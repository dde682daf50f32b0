"""A model by the file and function that make it."""

from pathlib import Path

import pytest

from mouse.tracing.function_file import FunctionAddress
from mouse.tracing.model_file import load_model


def address(folder: Path, returned: str) -> FunctionAddress:
    file = folder / "my_model.py"
    file.write_text(f"def load():\n    return {returned}\n")
    return FunctionAddress.parse(f"{file}:load", "--model")


def test_what_the_function_returns_is_the_model(tmp_path: Path) -> None:
    assert load_model(address(tmp_path, "lambda steps: steps + 1"))(2) == 3


def test_what_cannot_be_called_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"--model .*:load: returned a dict, expected the model, something to call"):
        load_model(address(tmp_path, "{'weights': 1}"))
