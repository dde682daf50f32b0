"""The agents of the worlds, which one worker trains for all: each takes ten seconds where lines are counted."""

from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest
import torch

from benchmarks import agents
from mouse.demo.model import DemoModel
from tests.shared_files import made_once


@pytest.fixture(scope="session", autouse=True)
def agents_are_shared(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    train = agents.agent

    @cache
    def shared(name: str, updates: int, seed: int = 0) -> DemoModel:
        def make(path: Path) -> None:
            torch.save(train(name, updates, seed), path)

        path = made_once(tmp_path_factory, f"agent-{name}-{updates}-{seed}.pt", make)
        return torch.load(path, weights_only=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agents, "agent", shared)
        yield
