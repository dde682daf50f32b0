"""The demo's agent: a small recurrent network with all four heads."""

from typing import cast

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor, nn

from mouse.heads import DQNHead, VecDQNHead


class DemoModel(nn.Module):
    """An embedding of the observation, a GRU over the steps, and four linear heads.

    The memory runs on across resets: it can learn how long an episode has lasted, and so see the time limit come.
    Without memory, a layer in its place sees the observation alone: then each head is a table over observations.

    Shapes: ``step_stream`` [B, S] with ``obs_discrete``; result [B, S] with ``dqn``, ``dqn_target``, ``sp``, ``sv``
    [B, S, A] and ``vec_dqn``, ``vec_dqn_target`` [B, S, A, D].
    """

    def __init__(
        self, n_observations: int, n_actions: int, *, vec_dim: int = 4, hidden: int = 64, memory: bool = True
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_observations, hidden)
        self.memory = nn.GRU(hidden, hidden, batch_first=True) if memory else None
        self.layer = nn.Identity() if memory else nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU())
        self.dqn = DQNHead(hidden, n_actions)
        self.vec_dqn = VecDQNHead(hidden, n_actions, vec_dim)
        self.sp = nn.Linear(hidden, n_actions)
        self.sv = nn.Linear(hidden, n_actions)

    def forward(self, step_stream: TensorDictBase) -> TensorDict:
        """Output of every head at every step."""
        embedded = cast("Tensor", self.embedding(step_stream["obs_discrete"]))
        features = cast("Tensor", self.layer(embedded) if self.memory is None else self.memory(embedded)[0])
        dqn, dqn_target = self.dqn(features)
        vec_dqn, vec_dqn_target = self.vec_dqn(features)
        return TensorDict(
            {
                "dqn": dqn,
                "dqn_target": dqn_target,
                "vec_dqn": vec_dqn,
                "vec_dqn_target": vec_dqn_target,
                "sp": self.sp(features),
                "sv": self.sv(features),
            },
            batch_size=step_stream.batch_size,
        )

    @torch.no_grad()
    def polyak_update(self, *, dqn_tau: float, vec_dqn_tau: float) -> None:
        """Mix a share of each online head into its target head."""
        self.dqn.polyak_update(dqn_tau)
        self.vec_dqn.polyak_update(vec_dqn_tau)
