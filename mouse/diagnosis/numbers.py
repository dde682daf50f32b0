"""Numbers of a report: statistics and their formatting."""

import math

import torch
from torch import Tensor

from mouse.losses.softmax import relative_entropy
from mouse.losses.value_checks import first_place


def share(mask: Tensor) -> float:
    """Share of the entries that are true; 0 for an empty mask."""
    return float(mask.double().mean()) if mask.numel() else 0.0


def quantile(values: Tensor, level: float) -> float:
    """Smallest value that a share `level` of the entries does not exceed; torch.quantile limits their number."""
    flat = values.detach().flatten()
    return float(flat.kthvalue(max(1, math.ceil(level * flat.numel()))).values)


def variance_ratio(part: Tensor, whole: Tensor) -> float:
    """Variance of one over that of the other; NaN where the other does not vary."""
    if not whole.numel():
        return math.nan
    below = float(whole.double().var(correction=0))
    return float(part.double().var(correction=0)) / below if below else math.nan


def correlation(x: Tensor, y: Tensor) -> float:
    """Pearson's; NaN where one of the two does not vary."""
    return float(torch.corrcoef(torch.stack([x.double().flatten(), y.double().flatten()]))[0, 1])


def entropy_of_choices(log_p: Tensor, valid: Tensor) -> Tensor:
    """Relative entropy of each step that has two valid actions at least."""
    return relative_entropy(log_p, valid)[valid.sum(dim=-1) > 1]


def round_down(value: float) -> float:
    """Two significant digits, towards zero."""
    step = 10 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{math.trunc(value / step) * step:.1e}")


def percent(value: float) -> str:
    """A share, for people."""
    return f"{100 * value:.4g} %"


def first_of(mask: Tensor) -> str:
    """Index of the first true entry, for people."""
    return f"[{', '.join(map(str, first_place(mask)))}]"
