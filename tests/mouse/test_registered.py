"""Declared losses from outside are losses like the four: registered by a program, or installed with a package."""

from collections.abc import Generator
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

import mouse
from mouse.losses import LOSSES, registered
from mouse.losses.combined import combined_loss
from mouse.losses.dqn import DqnLossConfig
from tests.server.batches import random_batch

MINE = replace(LOSSES["dqn"], name="mine")


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    monkeypatch.setattr(registered, "_registered", {})
    registered.installed_losses.cache_clear()
    yield
    registered.installed_losses.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch, *losses: Any) -> None:
    class Installed(EntryPoint):
        def load(self) -> Any:
            return losses[int(self.value)]

    found = [Installed(f"entry{index}", str(index), "mouse.losses") for index in range(len(losses))]

    def entry_points(group: str) -> list[Installed]:
        return found if group == "mouse.losses" else []

    monkeypatch.setattr(registered, "entry_points", entry_points)


def test_a_registered_loss_is_combined_and_examined() -> None:
    assert mouse.register(MINE) is MINE
    batch: Any = random_batch()
    cfg = DqnLossConfig(gamma=0.9)
    total = combined_loss(batch.step_stream, batch.out, {"mine": cfg}).total
    assert float(total) == float(combined_loss(batch.step_stream, batch.out, {"dqn": cfg}).total)
    assert "reward-sign-flip" in mouse.doctor(batch.step_stream, batch.out, {"mine": cfg}).checked


def test_it_may_be_registered_again_but_not_another_under_its_name() -> None:
    mouse.register(MINE)
    mouse.register(MINE)
    with pytest.raises(ValueError, match="loss: found another loss named 'mine', expected a new name"):
        mouse.register(replace(MINE, title="Another"))
    with pytest.raises(ValueError, match="another loss named 'dqn'"):
        mouse.register(replace(MINE, name="dqn"))


def test_what_is_no_declared_loss_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, install)
    with pytest.raises(ValueError, match="entry point 'entry0' of a package: found a function, expected a mouse"):
        registered.all_losses()


def test_losses_of_installed_packages_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, MINE)
    assert list(registered.all_losses()) == [*LOSSES, "mine"]


@pytest.mark.parametrize("losses", [(LOSSES["dqn"],), (MINE, MINE)])
def test_installed_losses_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch, losses: tuple[Any, ...]) -> None:
    install(monkeypatch, *losses)
    with pytest.raises(ValueError, match="found another loss named"):
        registered.all_losses()
