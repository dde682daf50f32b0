"""Heads with a target copy that follows slowly, as DQN and vector DQN need them."""

import copy
from collections.abc import Mapping
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mouse.geometry import check_even


@torch.no_grad()
def polyak_update(online: nn.Module, target: nn.Module, tau: float) -> None:
    """Move the target's parameters and buffers a share of the way to the online ones.

    Formula: ``target <- tau online + (1 - tau) target``; integer buffers are copied.

    Raises:
        ValueError: tau outside [0, 1], or modules of different structure.

    References:
        Lillicrap et al., Continuous control with deep reinforcement learning, 2015.
    """
    if not 0 <= tau <= 1:
        raise ValueError(f"tau: found {tau}, expected 0 to 1; it is the share of the online head.")
    source, goal = online.state_dict(), target.state_dict()
    for name in sorted(source.keys() | goal.keys()):
        found, expected = _described(name, goal), _described(name, source)
        if found != expected:
            raise ValueError(f"target: found {found}, expected {expected} as in online; make it a deep copy of online.")
    for name, value in goal.items():
        if value.is_floating_point():
            value.lerp_(source[name].to(value), tau)
        else:
            value.copy_(source[name])


def _described(name: str, state: Mapping[str, Tensor]) -> str:
    return f"{name} {list(state[name].shape)}" if name in state else f"no {name}"


class _TwinHead(nn.Module):
    """A linear map and a copy of it that receives no gradient."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.online = nn.Linear(in_features, out_features)
        self.target = copy.deepcopy(self.online).requires_grad_(False)

    def polyak_update(self, tau: float) -> None:
        """Mix a share `tau` of the online head into the target head."""
        polyak_update(self.online, self.target, tau)

    def _both(self, features: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            target = cast("Tensor", self.target(features))
        return cast("Tensor", self.online(features)), target


class DQNHead(_TwinHead):
    """One value per action, with its target copy.

    Shapes: features [..., F]; result two tensors [..., A]: ``dqn`` with gradient, ``dqn_target`` without.
    """

    def __init__(self, in_features: int, n_actions: int) -> None:
        super().__init__(in_features, n_actions)

    def forward(
        self, features: Float[Tensor, "*batch feature"]
    ) -> tuple[Float[Tensor, "*batch action"], Float[Tensor, "*batch action"]]:
        """Online and target values."""
        return self._both(features)


class VecDQNHead(_TwinHead):
    """One vector per action, with its target copy.

    Shapes: features [..., F]; result two tensors [..., A, D]: ``vec_dqn`` with gradient, ``vec_dqn_target`` without.

    Raises:
        BatchError: (a ValueError) D is odd.
    """

    def __init__(self, in_features: int, n_actions: int, dim: int) -> None:
        check_even(dim, "dim")
        super().__init__(in_features, n_actions * dim)
        self.shape = (n_actions, dim)

    def forward(
        self, features: Float[Tensor, "*batch feature"]
    ) -> tuple[Float[Tensor, "*batch action dim"], Float[Tensor, "*batch action dim"]]:
        """Online and target vectors."""
        online, target = self._both(features)
        shape = (*online.shape[:-1], *self.shape)
        return online.reshape(shape), target.reshape(shape)
