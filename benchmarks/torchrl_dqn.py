"""torchrl's DQN loss on the same values, where torchrl can be imported; it is no dependency of mouse."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor


def calls(batch: Mapping[str, Tensor], gamma: float) -> dict[str, Callable[[], Tensor]]:
    """Make the call, or none without torchrl.

    torchrl runs the network itself: here it is the identity, and the observations are the values. Its transitions hold
    the state they leave, so the batch is shifted outside the measurement.
    """
    try:
        actors: Any = importlib.import_module("torchrl.modules.tensordict_module.actors")
        objectives: Any = importlib.import_module("torchrl.objectives")
    except ImportError:
        return {}
    loss: Any = objectives.DQNLoss(
        actors.QValueActor(torch.nn.Identity(), in_keys=["observation"], action_space="categorical"),
        action_space="categorical",
        delay_value=True,
    )
    loss.make_value_estimator(objectives.ValueEstimators.TD0, gamma=gamma)
    ended = (batch["done"][:, 1:] != 0).unsqueeze(-1)
    transitions = TensorDict(
        {
            "observation": batch["dqn"][:, :-1],
            "action": batch["action"][:, 1:],
            "next": {
                "observation": batch["dqn_target"][:, 1:],
                "reward": batch["reward"][:, 1:].unsqueeze(-1),
                "done": ended,
                "terminated": ended,
            },
        },
        batch_size=ended.shape[:2],
    )
    return {"torchrl": lambda: loss(transitions.copy())["loss"]}
