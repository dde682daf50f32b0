"""A function's file that is loaded anew at any moment: what is known of it is never that of an earlier load."""

import os
import time
from pathlib import Path
from typing import Any, cast

import pytest

from mouse.losses import LOSSES
from mouse.tracing.function_file import FunctionAddress
from mouse_dashboard.compute.functions import registry
from mouse_dashboard.compute.functions.messages import Description
from mouse_dashboard.compute.functions.process import FunctionProcess


class ReloadedMeanwhile:
    """A process whose file is loaded anew right after its first description was read."""

    def __init__(self, address: FunctionAddress, *_: object) -> None:
        self.address, self.generation = address, 1

    @property
    def description(self) -> Description:
        found = Description(self.address.name, f"Load {self.generation}.")
        self.generation = 2
        return found


def test_a_reload_while_a_loss_is_described_leaves_no_old_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FunctionProcess", ReloadedMeanwhile)
    losses = registry.LossRegistry(LOSSES, [FunctionAddress(Path("my_losses.py"), "loss")], 1, 1)
    found = [cast("Any", losses["loss"]) for _ in range(2)]
    assert [(each.about, each.generation) for each in found] == [("Load 1.", 1), ("Load 2.", 2)]


class LoadedAMinuteAgo(FunctionProcess):
    """Starts no process."""

    def __init__(self, file: Path) -> None:
        super().__init__(FunctionAddress(file, "loss"), 1, 1)
        self._load_began = time.time() - 60

    def reload(self) -> None:
        """Not in a test."""


def test_a_file_is_stale_once_saved_and_not_for_a_time_that_is_still_to_come(tmp_path: Path) -> None:
    """The clock of a file server may run ahead: the file is not loaded anew every second for that."""
    file = tmp_path / "my_losses.py"
    file.touch()
    process = LoadedAMinuteAgo(file)
    found: list[bool] = []
    for age in (3600, -3600, 30):
        saved = time.time() - age
        os.utime(file, (saved, saved))
        found.append(process.is_stale)
    assert found == [False, False, True]
    file.unlink()
    assert not process.is_stale
