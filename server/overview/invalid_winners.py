"""Where the next state's best action is one that q_star marks invalid: the losses read every output of a head."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor

from server.case import Batch

STEPS_AT_ONCE = 1 << 15
"""Few enough for their values of all actions to stay near the processor."""


def invalid_winners(batch: Batch, terms: Mapping[str, Tensor]) -> tuple[str, Tensor] | None:
    """The term that holds the choice, and ``[B, time]``: which transitions aim at an action of q_star -inf.

    Of vector DQN that is where ``q_star[t+1, greedy_action]`` is -inf; of DQN where ``q_next_max`` is larger than every
    valid action's value and the discount lets it through. None where a batch or a loss has no such choice.
    """
    q_star = cast("Tensor | None", batch.step_stream.get("q_star", None))
    if q_star is None or q_star.dim() != 3 or q_star.shape[:2] != batch.shape:
        return None
    if "greedy_action" in terms:
        greedy = terms["greedy_action"].unsqueeze(-1)
        known = greedy.shape[1] == batch.shape[1] - 1 and int(greedy.max()) < q_star.shape[2]
        return ("greedy_action", q_star[:, 1:].gather(-1, greedy).squeeze(-1) == -torch.inf) if known else None
    target = cast("Tensor | None", batch.out.get("dqn_target", None))
    if "q_next_max" not in terms or target is None or target.shape != q_star.shape:
        return None
    rows = max(1, STEPS_AT_ONCE // batch.shape[1])
    parts = (slice(start, start + rows) for start in range(0, len(target), rows))
    above = torch.cat([_above_valid(target[at, 1:], q_star[at, 1:], terms["q_next_max"][at]) for at in parts])
    return "q_next_max", above & (terms["discount"] != 0)


def _above_valid(values: Tensor, q_star: Tensor, highest: Tensor) -> Tensor:
    """Whether the largest value is larger than that of every valid action."""
    return highest > values.masked_fill(q_star == -torch.inf, -torch.inf).amax(dim=-1)
