"""A small agent that learns the 4 x 4 frozen lake from a stream of stored steps, with all four losses."""

from collections.abc import Iterator
from itertools import chain, islice, repeat

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.data import PrefetchBatchifier
from mouse.demo.environment import frozen_lake
from mouse.demo.model import DemoModel
from mouse.demo.rollout import rollout
from mouse.demo.success import success_rate
from mouse.demo.train import DQN, Update, train
from mouse.demo.value_iteration import optimal_values
from mouse.geometry import vec_dqn_scores

COLLECTED = (256, 128)
"""Walks, and steps of each; one after the other they are the stream. No window runs from one walk into the next."""
WINDOW = 64
BATCH = 32


class Learner:
    """Stored steps of a mixed policy, and a model without memory that learns from them alone.

    The same seed gives the same updates on the same machine.

    Raises:
        ModuleNotFoundError: gymnasium is not installed; it comes with the extra `dashboard`.
    """

    def __init__(self, seed: int = 0, collected: tuple[int, int] = COLLECTED) -> None:
        environment, self.table = frozen_lake(size=4)
        q_star = optimal_values(self.table, DQN.gamma)
        states, actions = q_star.shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            environment.reset(seed=seed)
            steps = rollout(environment, q_star, collected, actions)
            steps["sequence_id"] = torch.arange(collected[0]).unsqueeze(1).expand(collected)
            self.model = DemoModel(n_observations=states, n_actions=actions, memory=False)
        self.batches = PrefetchBatchifier(
            steps.reshape(-1),
            batch_size=BATCH,
            length=WINDOW,
            stride=WINDOW // 4,
            sequence_id="sequence_id",
            shuffle=True,
            seed=seed,
        )
        self.optimal = success_rate(self.table, q_star.argmax(dim=-1))
        """Success rate of the policy with the largest discounted return; another may reach the goal more often."""

    def updates(self, count: int) -> Iterator[Update]:
        """Run so many updates, with a learning rate that decays to 0, and yield each."""
        batches = chain.from_iterable(repeat(self.batches))
        return train(self.model, islice(batches, count), fade=count)

    @torch.no_grad()
    def success(self) -> dict[str, float]:
        """Success rate of the greedy policy of each loss's head, by name of the loss."""
        states = torch.arange(len(self.table)).unsqueeze(1)
        out = self.model(TensorDict({"obs_discrete": states}, batch_size=states.shape))
        scores: dict[str, Tensor] = {
            "dqn": out["dqn"],
            "vec_dqn": vec_dqn_scores(out["vec_dqn"]),
            "sp": out["sp"],
            "sv": out["sv"],
        }
        return {name: success_rate(self.table, score[:, 0].argmax(dim=-1)) for name, score in scores.items()}
