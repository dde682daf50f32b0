"""The gradient of a loss with respect to its head, reduced to what rules read; never whole on a large batch."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

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


def summarise_gradient(parts: Iterator[Tensor], count: int) -> HeadGradient:
    """Look at each part of a gradient of so many sequences once."""
    norms, not_finite, is_zero, first = None, None, True, 0
    for part in parts:
        rows = slice(first, first := first + len(part))
        norms = write_part(norms, rows, step_norm(part), count)
        bad = ~part.isfinite()
        if bool(bad.any()):
            not_finite = write_part(not_finite, rows, bad, count)
        is_zero = is_zero and not bool(part.any())
    assert norms is not None, "a batch has a sequence"  # noqa: S101
    return HeadGradient(norms, not_finite, is_zero)


def write_part(whole: Tensor | None, rows: slice, part: Tensor, count: int) -> Tensor:
    """Put a part of so many sequences where it belongs: many that wait to be joined would leave gaps in the memory."""
    if whole is None:
        whole = part.new_zeros(count, *part.shape[1:])
    whole[rows] = part
    return whole
