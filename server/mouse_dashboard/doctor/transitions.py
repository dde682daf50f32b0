"""Map the places of a finding to transitions as losses count them."""

import torch
from torch import Tensor

from mouse.diagnosis import Finding
from mouse.transition_batch import TRANSITION_FIELDS

LED_HERE = frozenset(f"step_stream.{name}" for name in TRANSITION_FIELDS)
"""Fields whose row t + 1 belongs to the transition out of step t."""


def transitions_of(finding: Finding, shape: tuple[int, int]) -> Tensor:
    """Mask ``[B, S]`` of the transitions that leave a step, or of the steps; empty if the finding has no places."""
    found = torch.zeros(shape, dtype=torch.bool)
    if finding.mask is not None:
        places = finding.mask.flatten(2).any(dim=2) if finding.mask.dim() > 2 else finding.mask
        before = 1 if finding.unit == "step" and finding.field in LED_HERE else 0
        found[:, : places.shape[1] - before] = places[:, before:]
    return found


def first_transition(finding: Finding, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Row and step of the first one."""
    found = transitions_of(finding, shape).flatten()
    index = int(found.to(torch.uint8).argmax())
    return divmod(index, shape[1]) if found[index] else None
