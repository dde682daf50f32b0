"""The fields of a batch that a file can be mapped to; heads are those of the losses."""

from dataclasses import dataclass
from typing import Literal

from mouse.losses import LOSSES
from mouse.losses.fields import OUT, STEP_STREAM

Kind = Literal["action", "reward", "done", "flag", "time", "values"]


@dataclass(frozen=True)
class Target:
    """One of mouse's fields as the target of a mapping."""

    name: str
    """Its name in the batch; of a flag, the half of `done` that it is."""
    doc: str
    """Its description."""
    kind: Kind
    """How its values are read."""
    group: str = STEP_STREAM
    """Whether it belongs to the data or to the model's output."""
    of_transition: bool = False
    """Whether it belongs to a transition, and is shifted with it."""
    dims: int = 0
    """How many dimensions it has beyond those of the rows."""


def _heads() -> list[Target]:
    return [
        Target(head, f"Model output that {loss.title} reads.", "values", OUT, dims=len(loss.head_dims))
        for loss in LOSSES.values()
        for head in loss.heads
    ]


TARGETS = {
    target.name: target
    for target in (
        Target("action", "Discrete action, as a number or one-hot.", "action", of_transition=True),
        Target("reward", "Reward.", "reward", of_transition=True),
        Target("done", "0 running, 1 terminal, 2 truncated; or whether the episode ends.", "done", of_transition=True),
        Target("terminated", "Whether the episode ends in a terminal state.", "flag", of_transition=True),
        Target("truncated", "Whether a time limit cuts the episode.", "flag", of_transition=True),
        Target("xformed_reward", "Alternative reward.", "reward", of_transition=True),
        Target(
            "importance_weight", "Factor of a transition's part of a loss, 0 or more.", "reward", of_transition=True
        ),
        Target(
            "gamma_n", "Discount over the steps of a transition, gamma ** n, from 0 to 1.", "reward", of_transition=True
        ),
        Target("q_star", "Optimal action values, -inf for an invalid action.", "values", dims=1),
        Target("time", "Step in the episode, of the state.", "time"),
        *_heads(),
    )
}
"""In the order of the mapping form."""
FLAGS = ("terminated", "truncated")
"""Halves of `done`."""
FIELDS = tuple(name for name in TARGETS if name not in FLAGS)
"""Field names with a meaning in mouse."""
