"""Evaluating a loss on a stored batch: the library's own stages.

Where stage 1 comes in blocks, per-transition terms are put together again and reduced by the library's own `mean` and
`metrics`. Blocks end elsewhere in memory, and vector instructions may round the last bit of an element differently
there: an evaluation in blocks says so.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse.losses.config import LossConfig
from mouse.losses.demand import read_back
from mouse.losses.gradient import length
from mouse.losses.loss import AnyLoss
from mouse.losses.term import TermInfo
from mouse_dashboard.case import Batch, Case
from mouse_dashboard.finite import Counts, counts_of
from mouse_dashboard.kept import Kept, Key
from mouse_dashboard.slices.grouping import Grouping
from mouse_dashboard.slices.groupings import groupings
from mouse_dashboard.stage_one import Address, StageOne, address, alone, own_bytes, row_of, rows_of, stage_one
from mouse_dashboard.work import Ticket

PATIENCE = 0.02
"""Seconds of evaluation that a dragged slider leaves to a loss."""
GRADIENT = ("gradient", "gradient_norm")
"""Names under which a gradient is shown."""
Wide = tuple[str, int]
"""A term with a third dimension, and the index in it that is kept."""


@dataclass(frozen=True)
class Evaluated:
    """One loss on one batch under one config."""

    terms: Any
    """The library's terms; of those with a third dimension only the shape is kept."""
    wide: dict[Wide, Tensor]
    """Components of terms with a third dimension that were asked for, ``[B, time]``."""
    mean: Tensor
    """The scalar that training minimises."""
    metrics: dict[str, float]
    """What training logs."""
    health: dict[str, Counts]
    """Of every floating-point term that was computed, what is not finite."""
    blocks: int
    """In how many blocks of sequences the terms were computed."""
    seconds: float = 0.0
    """How long a processor worked on the second stage and what comes after it."""
    every: int = 1
    """An estimate is computed from every so many sequences only."""
    gradient: Tensor | None = None
    """``[B, time, action]``: of the mean with respect to the head, where it was asked for."""

    def values(self, term: TermInfo, component: int) -> Tensor | None:
        """``[B, time]`` values of a term; None when it is off under this config."""
        if term.name in GRADIENT:
            assert self.gradient is not None, "whoever shows a gradient asks for it"  # noqa: S101
            return self.gradient[..., component] if len(term.dims) > 2 else length(self.gradient, -1)
        return self.wide.get((term.name, component)) if len(term.dims) > 2 else getattr(self.terms, term.name)


class Evaluator:
    """Evaluates losses, and keeps stage 1 and each loss's last evaluation for the next request."""

    def __init__(self, cache_bytes: int) -> None:
        self.kept = Kept(cache_bytes)

    def evaluate(self, case: Case, wide: set[Wide], ticket: Ticket, slot: str = "live") -> Evaluated:
        """Evaluate a loss; unchanged since the last time it costs nothing: dragging one loss leaves the others alone.

        Of each slot the last evaluation is kept: what is pinned does not change while what is live is dragged.

        Raises:
            BatchError: the batch's shapes or values do not allow the loss.
            MissingFieldError: the batch lacks a field of it.
        """
        batch, loss, cfg = case
        key, question = Key(batch.id, loss.name, "evaluated", (slot,)), (cfg, frozenset(wide))
        last = self.kept.get(key)
        if last is not None and last[0] == question:
            return last[1]
        with torch.no_grad():
            first = stage_one(case, self.kept, ticket)
            evaluated = _evaluated(case, first, wide, ticket)
        size = own_bytes(evaluated.terms.values()) + own_bytes(evaluated.wide.values())
        self.kept.put(key, (question, evaluated), size)
        self.kept.put(Key(batch.id, loss.name, "seconds"), evaluated.seconds, 0)
        return evaluated

    def quickly(self, case: Case, wide: set[Wide], ticket: Ticket) -> Evaluated:
        """Evaluate a loss, or estimate it from every n-th sequence where the last time says it takes too long.

        Raises:
            BatchError, MissingFieldError: as `evaluate`.
        """
        last = self.kept.get(Key(case.batch.id, case.loss.name, "evaluated", ("live",)))
        cost = Key(case.batch.id, case.loss.name, "seconds")
        every = min(case.batch.shape[0], math.ceil((self.kept.get(cost) or 0.0) / PATIENCE))
        if every <= 1 or last is None or last[0][0] == case.cfg:
            return self.evaluate(case, wide, ticket)
        with torch.no_grad():
            first = stage_one(case, self.kept, ticket).thinned(every)
            batch = Batch(case.batch.id, *case.batch.part(slice(None, None, every)))
            estimated = replace(_evaluated(case._replace(batch=batch), first, set(), ticket), every=every)
        self.kept.put(cost, estimated.seconds * every, 0)
        return estimated

    def row_terms(self, case: Case, row: int, ticket: Ticket) -> Any:
        """Every term of one sequence, ``[time]``.

        Out of the same computation as `evaluate`, as long as that is quick: the sequence alone could round the last
        bit of an element differently.

        Raises:
            BatchError: the batch's shapes or values do not allow the loss.
            MissingFieldError: the batch lacks a field of it.
        """
        batch, loss, cfg = case
        first, quick = 0, alone(batch, loss) == ""
        with torch.no_grad():
            for inputs in stage_one(case, self.kept, ticket).blocks:
                last = first + rows_of(inputs)
                if row < last and quick:
                    return loss.terms(inputs, cfg)[row - first]
                if row < last:
                    return loss.terms(row_of(inputs, row - first), cfg)[0]
                first = last
        raise IndexError(f"row {row} of a batch of {batch.shape[0]}")

    def groupings(self, batch: Batch) -> dict[str, Grouping]:
        """Every way to sort the transitions of a batch into classes."""
        key = Key(batch.id, "", "groupings")
        found = self.kept.get(key)
        if found is None:
            found = groupings(cast("TensorDictBase", batch.step_stream))
            self.kept.put(key, found, sum(grouping.index.nbytes for grouping in found.values()))
        return found


def _evaluated(case: Case, first: StageOne, wide: set[Wide], ticket: Ticket) -> Evaluated:
    batch, loss, cfg = case
    start = time.thread_time()
    health: dict[str, Counts] = {}
    computed = _watched(loss, _terms_of(loss, first.blocks, cfg, ticket), health, first.counts)
    terms, components = _put_together(loss, computed, wide)
    metrics = read_back(loss.metrics(terms, cast("TensorDictBase", batch.out)), ())
    mean = loss.mean(terms)
    seconds = time.thread_time() - start
    return Evaluated(terms, components, mean, metrics, health, len(first.blocks), seconds)


def _terms_of(loss: AnyLoss, blocks: list[Any], cfg: LossConfig, ticket: Ticket) -> Iterator[Any]:
    for inputs in blocks:
        ticket.check()
        yield loss.terms(inputs, cfg)


def _watched(
    loss: AnyLoss, blocks: Iterator[Any], health: dict[str, Counts], known: Mapping[Address, Counts]
) -> Iterator[Any]:
    """Count on the way what is not finite, terms included that are not kept."""
    for terms in blocks:
        for term in loss.term_infos:
            values: Tensor | None = getattr(terms, term.name)
            if values is not None and values.is_floating_point():
                counts = known.get(address(values)) or counts_of(values)
                health[term.name] = counts.plus(health.get(term.name, Counts()))
        yield terms


def _put_together(loss: AnyLoss, blocks: Iterator[Any], wide: set[Wide]) -> tuple[Any, dict[Wide, Tensor]]:
    """Per-transition terms whole, of the others only the components asked for."""
    pieces: dict[str, list[Tensor | None]] = {term.name: [] for term in loss.term_infos if len(term.dims) == 2}
    kept: dict[Wide, list[Tensor | None]] = {key: [] for key in wide}
    absent: dict[str, Tensor | None] = {}
    for terms in blocks:
        for name, parts in pieces.items():
            parts.append(getattr(terms, name))
        for name, component in wide:
            kept[name, component].append(_component(getattr(terms, name), component))
        absent = {term.name: getattr(terms, term.name) for term in loss.term_infos if term.name not in pieces}
    whole = {name: _joined(parts) for name, parts in pieces.items()}
    shape = cast("Tensor", whole["loss"]).shape
    absent = {name: None if term is None else _stand_in(term, shape[0]) for name, term in absent.items()}
    joined = {key: _joined(parts) for key, parts in kept.items()}
    terms = loss.terms_type(**whole, **absent, batch_size=shape)
    return terms, {key: value for key, value in joined.items() if value is not None}


def _stand_in(term: Tensor, rows: int) -> Tensor:
    """A term that is not kept: its shape without its memory; NaN, so that no number is taken from it."""
    nothing = term.new_full((), torch.nan if term.is_floating_point() else 0)
    return nothing.expand(rows, *term.shape[1:])


def _component(term: Tensor | None, component: int) -> Tensor | None:
    return None if term is None else term[..., component].clone()


def _joined(pieces: list[Tensor | None]) -> Tensor | None:
    present = [piece for piece in pieces if piece is not None]
    if not present:
        return None
    return present[0] if len(present) == 1 else torch.cat(present)
