"""The gradient of a loss with respect to its head, as much of it as rules read: of a large batch it is never whole."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.diagnosis.shares import step_norm
from mouse.losses.fields import OUT, read
from mouse.losses.gradient import pull_back
from mouse.losses.loss import AnyLoss

NUMBERS = 2**22
"""Entries of the head whose gradient is computed at once."""


class HeadGradient(NamedTuple):
    """What is left of a gradient of the shape of its head, ``[B, S, ...]``."""

    norms: Tensor
    """Length of the gradient of all outputs of a step, ``[B, S]``."""
    not_finite: Tensor | None
    """Its entries that are NaN or infinite, of the shape of the head; None where there are none."""
    is_zero: bool
    """Whether every entry is 0."""


def gradient_parts(
    loss: AnyLoss, batch: tuple[TensorDictBase, TensorDictBase], cfg: Any, weights: Mapping[str, Tensor]
) -> Iterator[Tensor]:
    """Gradient that comes through weighted terms, of some sequences after the others."""
    step_stream, out = batch
    head = read(out, loss.heads[0], OUT, "the head that the loss trains")
    count = max(1, NUMBERS // head[0].numel())
    for first in range(0, len(head), count):
        rows = slice(first, first + count)
        of_rows = {term: weight[rows] for term, weight in weights.items()}
        yield pull_back(loss, step_stream[rows], out[rows], cfg, of_rows)


def summarised(parts: Iterator[Tensor]) -> HeadGradient:
    """Look at each part once."""
    norms, not_finite, is_zero = list[Tensor](), list[Tensor](), True
    for part in parts:
        norms.append(step_norm(part))
        not_finite.append(~part.isfinite())
        is_zero = is_zero and not bool(part.any())
    bad = torch.cat(not_finite)
    return HeadGradient(torch.cat(norms), bad if bool(bad.any()) else None, is_zero)
