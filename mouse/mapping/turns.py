"""How many environments take turns row by row, where no column numbers them, as a flattened rollout stores them."""

from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.evidence.agreement import codes
from mouse.evidence.order import explained_by_row
from mouse.evidence.sampling import first_rows
from mouse.mapping.interleaved import interleaves

MAX_NUM_ENVS = 256
TRIED_ALWAYS = 16
"""Of more environments, only numbers that divide the rows of the file are tried: all wrote the same number of rows."""
MIN_TURNS = 16
"""Rows of each environment, to judge by."""
MAX_ROWS = 1 << 14
"""Rows at the beginning of a file that are looked at."""
MOSTLY = 0.9
"""Share of next observations that are found a turn later, where they prove it."""
MIN_MORE = 0.1
"""How much more of an observation the row a turn before tells than the row before."""
SHORTER = 0.05
"""What the row of several turns before may tell more than that of one, by chance."""


class Turns(NamedTuple):
    """Environments that take turns."""

    num_envs: int
    proven: bool
    """Whether the file's own next observations prove it; otherwise rows are only likelier so."""


def turns(obs: Tensor, after: Tensor | None, action: Tensor | None, end: Bool[Tensor, " row"] | None) -> Turns | None:
    """Find how many environments take turns; None where the next row is the likelier successor, or nothing tells.

    Shapes: obs and after, the next observation, [N, ...], action [N] or [N, A], end [N]: whether an end is marked.
    """
    total, obs = len(obs), first_rows(obs, MAX_ROWS)
    ended = torch.zeros(len(obs), dtype=torch.bool) if end is None else end[:MAX_ROWS]
    most = min(MAX_NUM_ENVS, len(obs) // MIN_TURNS)
    tried = [rows for rows in range(1, most + 1) if rows <= TRIED_ALWAYS or total % rows == 0]
    if after is not None:
        shares = _found_later(obs, first_rows(after, MAX_ROWS), ended, tried)
        best = max(shares, key=lambda rows: shares[rows], default=1)
        return Turns(best, proven=True) if best > 1 and shares[best] >= MOSTLY else None
    running = ~ended.unsqueeze(0)
    explained = {rows: explained_by_row(obs.unsqueeze(0), running, rows) or 0.0 for rows in tried}
    best = max(explained, key=lambda rows: explained[rows], default=1)
    num_envs = next((rows for rows in tried if best % rows == 0 and explained[rows] >= explained[best] - SHORTER), best)
    if num_envs == 1 or explained[num_envs] < explained[1] + MIN_MORE:
        return None
    number = torch.arange(len(obs)) % num_envs
    acted = None if action is None else action[:MAX_ROWS]
    likely = interleaves(number, obs, None, acted, ended) in {"yes", "likely"}
    return Turns(num_envs, proven=False) if likely else None


def _found_later(obs: Tensor, after: Tensor, ended: Tensor, tried: list[int]) -> dict[int, float]:
    """Share of next observations of running steps that are the observation so many rows later."""
    shown, reached = codes(torch.cat([obs, after])).chunk(2)
    return {rows: float((reached[:-rows] == shown[rows:])[~ended[:-rows]].double().mean()) for rows in tried}
