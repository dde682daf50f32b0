"""Stream every term of a loss to a file, block by block, as the evaluation computes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from mouse_dashboard.compute.batch import LossJob
from mouse_dashboard.compute.batch_loss import TracedLoss
from mouse_dashboard.compute.cache import ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.stage_one import stage_one


@dataclass(frozen=True)
class Terms:
    """The terms of one loss that are on under a config."""

    job: LossJob
    blocks: Callable[[], Iterator[dict[str, Tensor]]]
    """Computes them anew each time: by name, in order of computation, ``[sequences of the block, time, ...]``."""
    first: dict[str, Tensor]
    """The first block."""

    @property
    def rows(self) -> int:
        """Sequences in all blocks together."""
        return self.job.batch.shape[0]


def terms_of(job: LossJob, cache: ResultCache, token: CancelToken) -> Terms:
    """Compute the first block, to check that the loss runs.

    Raises:
        BatchError, MissingFieldError: the loss cannot run on the batch.
    """
    if isinstance(job.loss, TracedLoss):
        values = dict(job.loss.values)
        return Terms(job, lambda: iter([values]), values)
    with torch.no_grad():
        blocks = stage_one(job, cache, token).blocks

    def by_name() -> Iterator[dict[str, Tensor]]:
        for inputs in blocks:
            terms = job.loss.terms(inputs, job.cfg)
            values = {term.name: getattr(terms, term.name) for term in job.loss.term_infos}
            yield {name: value.cpu() for name, value in values.items() if value is not None}

    return Terms(job, by_name, next(by_name()))


def cut_places(rows: int, steps: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Cut ``[rows, steps]`` into parts of about `size` places, in memory order."""
    height, width = max(1, size // steps), min(steps, max(1, size))
    for row in range(0, rows, height):
        for step in range(0, steps, width):
            yield slice(row, min(row + height, rows)), slice(step, min(step + width, steps))
