"""Recordings with one fault each, for the rules over the file that a batch is made of."""

from collections.abc import Callable

import torch
from torch import Tensor

from mouse.mapping import Mapping, Plan, plan

FIELDS = {"action": "action", "reward": "reward", "terminated": "terminated", "truncated": "truncated"}
NOTED = Mapping(fields=FIELDS, layout="flat", alignment="state", windows="chained", length=4)


def _recording(limit: int = 8, episodes: int = 6) -> dict[str, Tensor]:
    """Walks to the right along a corridor, each cut by a time limit."""
    step = torch.arange(limit).repeat(episodes)
    cut = step == limit - 1
    return {
        "obs": step,
        "next_obs": step + 1,
        "action": torch.ones_like(step),
        "reward": torch.full((len(step),), -1.0),
        "terminated": torch.zeros_like(cut),
        "truncated": cut,
        "episode": torch.arange(episodes).repeat_interleave(limit),
    }


def missing_ends() -> Plan:
    """No time limit is marked."""
    fields = _recording()
    fields["truncated"] = torch.zeros_like(fields["truncated"])
    return plan(fields, NOTED)


def late_ends() -> Plan:
    """Every time limit is marked one row late."""
    fields = _recording()
    fields["truncated"] = fields["truncated"].roll(1)
    return plan(fields, NOTED)


def long_windows() -> Plan:
    """Windows of 5 steps are cut out of episodes of 8."""
    fields = _recording()
    del fields["next_obs"]
    mapping = Mapping(fields=FIELDS, layout="flat", alignment="state", sequence="episode", length=5)
    return plan(fields, mapping)


def turns() -> Plan:
    """Two environments, walks to the left and right, write five steps each, in turn."""
    action = torch.randint(2, (2, 120, 5), generator=torch.Generator().manual_seed(0))
    move = (2 * action - 1).flatten(1)
    place = torch.tensor([[0], [40]]) + torch.nn.functional.pad(move.cumsum(1)[:, :-1], (1, 0))
    fields = {
        "obs": place.view(2, 120, 5).transpose(0, 1).flatten(),
        "action": action.transpose(0, 1).flatten(),
        "reward": torch.ones(1200),
        "terminated": torch.zeros(1200, dtype=torch.bool),
        "truncated": torch.zeros(1200, dtype=torch.bool),
    }
    return plan(fields, NOTED)


RECORDINGS: dict[str, Callable[[], Plan]] = {
    "rows-apart": missing_ends,
    "rows-interleaved": turns,
    "end-goes-on": late_ends,
    "ends-unknown": missing_ends,
    "ends-lost": long_windows,
}
"""A recording for each of `mouse.diagnosis.RECORDING_RULES`, by what it notes."""
