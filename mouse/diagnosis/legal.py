"""Legal actions: a mask field of the batch, and the masks in heads and q_star."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mouse.losses.fields import STEP_STREAM

if TYPE_CHECKING:
    from mouse.diagnosis.case import Case

MIN_ROWS = 16
SOME = 0.5
"""Share of the rows that allow an action at least."""


@dataclass(frozen=True)
class LegalMask:
    """A field that says which actions each state allows."""

    name: str
    """Full name of the field."""
    allowed: Tensor
    """bool [B, S, A]."""


def legal_mask(case: "Case") -> LegalMask | None:
    """Find the bool field that forbids something, and never the action that was taken in the row."""
    action = case.optional("action")
    if action is None or action.is_floating_point() or action.dtype == torch.bool:
        return None
    for field in mask_fields(case):
        taken = allows(field.allowed[:, :-1], action[:, 1:])
        real = real_pairs(case)
        if int(real.sum()) >= MIN_ROWS and bool(taken[real].all()):
            return field
    return None


def mask_fields(case: "Case") -> list[LegalMask]:
    """The bool fields ``[B, S, A]`` that may be masks of actions: they forbid something, and rarely everything."""
    return [each for each in every_mask_field(case) if float(each.allowed.any(-1).double().mean()) > SOME]


def every_mask_field(case: "Case") -> list[LegalMask]:
    """The bool fields ``[B, S, A]`` that forbid something."""
    return [
        LegalMask(name, value)
        for name, value in case.tensors.items()
        if name.startswith(f"{STEP_STREAM}.") and value.dtype == torch.bool and value.dim() == 3
        if value.shape[:2] == case.shape and value.shape[2] > 1 and not bool(value.all())
    ]


def real_pairs(case: "Case") -> Tensor:
    """Pairs of rows that are no seam between episodes, as far as the batch tells, ``[B, S-1]``."""
    done = case.optional("done")
    if done is None:
        rows, steps = case.field("action").shape
        return torch.ones(rows, steps - 1, dtype=torch.bool, device=case.field("action").device)
    return ~case.episodes.no_transition


def allows(allowed: Tensor, action: Tensor) -> Tensor:
    """Whether each action is allowed, ``[B, T, A], [B, T] -> [B, T]``; one that does not exist is not."""
    existing = action.clamp(0, allowed.shape[-1] - 1)
    return allowed.gather(-1, existing.unsqueeze(-1)).squeeze(-1) & (existing == action)
