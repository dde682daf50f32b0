"""Importance weights and discounts of transitions: their names are common, so their values are checked."""

from collections.abc import Mapping as Mapped

import torch
from torch import Tensor

from mouse.mapping.names import strip_prefix

DISCOUNT = "discount"
"""Libraries mean gamma ** n by it, gamma ** (n - 1), or 0 where the episode ends and 1 elsewhere."""
GAMMA_N = (
    "`discount` lies between 0 and 1. Is it gamma ** n of each transition, to use in place of gamma? If so, map it to"
    " gamma_n; otherwise it is kept, and no loss reads it."
)


def keep_factors(
    fields: Mapped[str, Tensor], named: Mapped[str, str], notes: list[str], questions: dict[str, str]
) -> dict[str, str]:
    """Names without those that only look like a factor of a transition's loss; what remains is noted."""
    kept = {**named}
    for target, highest in (("importance_weight", torch.inf), ("gamma_n", 1.0)):
        source = kept.get(target)
        if source is None:
            continue
        if "reward" not in kept or not _is_factor(fields[source], fields[kept["reward"]], highest):
            del kept[target]
        elif target == "importance_weight":
            notes.append(f"`{source}` is the importance weight: a factor of the transition's part of a loss.")
        else:
            notes.append(f"`{source}` is the discount of each transition, used in place of gamma.")
    other = next((name for name in fields if strip_prefix(name) == DISCOUNT), None)
    if other is not None and "reward" in kept and "gamma_n" not in kept:
        value = fields[other]
        if _is_factor(value, fields[kept["reward"]], 1.0) and bool(((value > 0) & (value < 1)).any()):
            questions["fields.gamma_n"] = GAMMA_N
    return kept


def _is_factor(value: Tensor, reward: Tensor, highest: float) -> bool:
    """Whether a field has one number of the range for each reward."""
    if not value.is_floating_point() or value.numel() != reward.numel() or value.shape[:1] != reward.shape[:1]:
        return False
    low, high = value.aminmax()
    return bool((low >= 0) & (high <= highest))
