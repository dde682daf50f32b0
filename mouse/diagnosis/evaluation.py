"""Evaluate a loss on the batch under examination; on a large batch, per-action terms are computed in parts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mouse.diagnosis.head_gradient import write_part
from mouse.diagnosis.numbers import entropy_of_choices
from mouse.losses.blocks import ROWS
from mouse.losses.lazy_terms import LazyTerms
from mouse.losses.loss import AnyLoss
from mouse.losses.value_checks import sync_metrics

ENTRIES = 2**25
"""Entries of a head up to which terms of each action are made whole, and cached."""
PART_ENTRIES = 2**22
"""Entries of the head of one part of a larger batch."""


class Part(NamedTuple):
    """A loss on some sequences."""

    rows: slice
    inputs: Any
    terms: Any


@dataclass(frozen=True)
class Evaluation:
    """One loss on this batch, as training computes it, without gradient."""

    loss: AnyLoss
    cfg: Any
    terms: Any
    """All that are read; of a large batch whose loss is a sum over actions, those with one number per place alone."""
    mean: Tensor
    whole: Part | None
    """All sequences; None where `Case.parts` makes some after the others, each time that they are asked for."""

    @property
    def name(self) -> str:
        """Key of the loss."""
        return self.loss.name


def evaluate(loss: AnyLoss, cfg: Any, inputs: Callable[[slice | None], Any], head: Tensor | None) -> Evaluation:
    """Evaluate a loss, without the terms that no rule reads.

    Args:
        loss: the loss.
        cfg: its config.
        inputs: makes stage 1 of some sequences, or of all.
        head: what the loss trains, ``[B, S, A, ...]``; None where that is not its shape.

    Raises:
        MissingFieldError, BatchError: as the stages raise them, and for a failed check.
    """
    if head is None or not is_in_parts(loss, head):
        first = inputs(None)
        terms = loss.training_terms(first, cfg)
        sync_metrics({}, loss.checks(first))
        return Evaluation(loss, cfg, terms, loss.mean(terms), Part(slice(None), first, terms))
    joined_terms: dict[str, Tensor | None] = {info.name: None for info in loss.term_infos if len(info.dims) == 2}
    for rows in rows_of_parts(head):
        first = inputs(rows)
        # The whole batch knows its rows, and may have what one part lacks.
        if any(check.failed for check in loss.checks(first)):
            sync_metrics({}, loss.checks(inputs(None)))
        terms = loss.training_terms(first, cfg)
        for name, whole in joined_terms.items():
            joined_terms[name] = write_part(whole, rows, getattr(terms, name), len(head))
    joined = LazyTerms(**joined_terms)
    return Evaluation(loss, cfg, joined, loss.mean(joined), None)


def is_in_parts(loss: AnyLoss, head: Tensor) -> bool:
    """Whether so large a head is looked at in parts: where the loss of a place is the sum of a term over actions."""
    return loss.in_blocks and "action" in loss.term_infos[-2].dims and head.numel() > ENTRIES


def rows_of_parts(head: Tensor) -> list[slice]:
    """Cut the sequences of a head into parts, where the blocks of training begin as well: so bits are the same."""
    size = max(1, PART_ENTRIES // head[0].numel() // ROWS) * ROWS
    return [slice(start, min(len(head), start + size)) for start in range(0, len(head), size)]


def entropy_in(parts: Iterable[Part], log_p: str) -> Tensor:
    """Relative entropy of each step with two valid actions at least, of a term that holds log-probabilities."""
    return torch.cat([entropy_of_choices(getattr(part.terms, log_p), part.terms.valid) for part in parts])
