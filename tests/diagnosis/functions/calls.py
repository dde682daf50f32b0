"""The doctor on one small call of a loss function."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Finding, Report

COUNT = 128
"""Items of a batch, enough for every rule."""


def normal(seed: int, *shape: int) -> Tensor:
    """Random numbers of a shape."""
    return torch.randn(*shape or (COUNT,), generator=torch.Generator().manual_seed(seed))


def report(*losses: Callable[..., Any], **fields: Any) -> Report:
    """What the doctor says of losses on a batch; the model's output is the field `out`, where it is apart."""
    return doctor(fields, losses=losses)


def only(rule: str, found: Report) -> Finding:
    """The one finding of a rule."""
    (finding,) = (each for each in found if each.rule == rule)
    return finding


def rules_of(found: Report) -> list[str]:
    """Rules with a finding, the worst first."""
    return [each.rule for each in found]
