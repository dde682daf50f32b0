"""The actions that were taken, as the world sees them: indices, or numbers, one or several a row."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mouse.diagnosis.rule_skipped import RuleSkipped

if TYPE_CHECKING:
    from mouse.diagnosis.case import Case


def is_of_numbers(value: Tensor) -> bool:
    """Whether an action is of several numbers, or of fractions: no loss of mouse reads it as an index."""
    if value.is_complex() or value.dtype == torch.bool:
        return False
    if value.dim() > 2:
        return value.dim() == 3 and (value.is_floating_point() or value.shape[2] > 1)
    return value.is_floating_point() and bool((value.frac() != 0).any())


def reads_indices(case: "Case") -> bool:
    """Whether a loss that takes part reads the action as an index."""
    return bool(case.configs)


def taken(case: "Case") -> Tensor:
    """Return the action of each row, ``[B, S]`` of int64, or ``[B, S]`` or ``[B, S, n]`` of numbers."""
    value = case.raw("action")
    if value is not None and not reads_indices(case) and is_of_numbers(value):
        if value.shape[:2] == case.shape and value.numel():
            return value
        raise RuleSkipped("action of its right shape and type")
    return case.integers("action")
