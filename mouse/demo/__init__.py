"""The demo batch: a small agent is trained for seconds, and the batch that it would train on next is saved."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch

from mouse.batch import save_batch
from mouse.demo.environment import frozen_lake
from mouse.demo.model import DemoModel
from mouse.demo.rollout import rollout
from mouse.demo.train import DQN, random_batches, train
from mouse.demo.value_iteration import optimal_values
from mouse.threads import one_thread

Progress = Callable[[float, str], None]
"""Called with the share that is done, from 0 to 1, and with what is being done."""


@dataclass(frozen=True)
class DemoSize:
    """Sizes of the collected, trained and saved data."""

    rows: int = 192
    """Sequences collected to learn from."""
    updates: int = 100
    """Optimiser steps."""
    batch: int = 32
    """Sequences in a training batch, and in the saved one."""
    steps: int = 128
    """Steps of a sequence."""
    n_actions: int = 6
    """Outputs of each head; the environment has 4 actions, the others are padding."""


def make_demo_batch(
    path: str | os.PathLike[str],
    seed: int = 0,
    progress: Progress = lambda _share, _what: None,
    size: DemoSize | None = None,
) -> None:
    """Collect transitions in a frozen lake, train an agent with all four losses on them, and save a batch of it.

    The same seed gives the same file, byte for byte, on the same machine. The caller's random state and number of
    threads are left as they were.

    Raises:
        ModuleNotFoundError: gymnasium is not installed; it comes with the extra `dashboard`.
    """
    size = size or DemoSize()
    environment, table = frozen_lake()
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        environment.reset(seed=seed)
        progress(0.0, "solving the frozen lake")
        q_star = optimal_values(table, DQN.gamma)
        collecting = _part(progress, 0.02, 0.15, "collecting episodes")
        data = rollout(environment, q_star, (size.rows, size.steps), size.n_actions, collecting)
        model = DemoModel(n_observations=len(table), n_actions=size.n_actions)
        training = _part(progress, 0.15, 0.99, "training the agent")
        batches = random_batches(data, updates=size.updates, batch_size=size.batch)
        for count, _update in enumerate(train(model, batches), start=1):
            training(count / size.updates)
        batch = data[torch.randperm(size.rows)[: size.batch]]
        with torch.no_grad():
            save_batch(path, batch, model(batch))
    progress(1.0, "saved")


def _part(progress: Progress, start: float, end: float, what: str) -> Callable[[float], None]:
    """Progress of one part, whose own share runs from 0 to 1."""
    return lambda share: progress(start + share * (end - start), what)
