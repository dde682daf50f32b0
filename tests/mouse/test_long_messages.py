"""Errors tell of a stranger's names and values as much as fits into a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict

from mouse.batch import load_batch
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.combined import combined_loss
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.wording import listed

LONG = {f"{number:04d}" + "x" * 1000: torch.zeros(2, 4) for number in range(3000)}
EMPTY = TensorDict({}, [2, 4])


def load(folder: Path) -> None:
    save_file({name: torch.zeros(3) for name in LONG}, folder / "b")
    load_batch(folder / "b")


LISTING: dict[str, Callable[[Path], object]] = {
    "a loss": lambda _: dqn_loss(TensorDict(LONG, [2, 4]), EMPTY, DqnLossConfig()),
    "the combined loss": lambda _: combined_loss(EMPTY, TensorDict(LONG, [2, 4]), {"dqn": DqnLossConfig()}),
    "a file": load,
}


@pytest.mark.parametrize("case", LISTING)
def test_of_many_long_names_a_few_are_told_in_part(case: str, tmp_path: Path) -> None:
    with pytest.raises(MissingFieldError) as error:
        LISTING[case](tmp_path)
    text = str(error.value)
    assert f"0000{'x' * 36}..., " in text
    assert f"0011{'x' * 36}... and 2988 more, expected " in text
    assert "0012" not in text
    assert len(text) < 1000


@pytest.mark.parametrize(("count", "told"), [(0, "nothing"), (1, "a"), (12, "a, b, c, d, e, f, g, h, i, j, k, l")])
def test_a_few_names_are_told_whole_and_in_order(count: int, told: str) -> None:
    assert listed(reversed("abcdefghijkl"[:count]), "nothing") == told


def test_a_long_version_is_told_in_part(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(2, 4)}, tmp_path / "b", {"format": "mouse-batch", "version": "9" * 200_000})
    with pytest.raises(BatchError, match=rf"^b: found format version {'9' * 20}\.\.\., expected version 1; "):
        load_batch(tmp_path / "b")
