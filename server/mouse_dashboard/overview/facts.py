"""Facts about a batch that are independent of configs: read once, then cached."""

from collections.abc import Iterable
from typing import cast

import torch
from torch import Tensor

from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cache import CacheKey
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.file_metadata import read_file_facts
from mouse_dashboard.data.batch_data import episodes
from mouse_dashboard.data.comparable import to_comparable
from mouse_dashboard.overview.models import BatchFacts, DoneCodes, FileFacts, RewardFacts

FACTS_BYTES = 1000
"""Bytes that cached facts take, roughly."""


def batch_facts(context: EvaluationContext) -> BatchFacts:
    """The facts of a batch."""
    key = CacheKey(context.batch.id, "", "facts")
    facts = cast("BatchFacts | None", context.cache.get(key))
    if facts is None:
        facts = _read(context.batch, context.evaluator.losses.values())
        context.cache.put(key, facts, FACTS_BYTES)
    return facts


def _read(batch: Batch, losses: Iterable[AnyLoss]) -> BatchFacts:
    done, reward = _field(batch, "done"), _field(batch, "reward")
    return BatchFacts(
        batch_id=batch.id,
        actions=_sizes(batch, "action", losses),
        dims=_sizes(batch, "dim", losses),
        episodes=episodes(batch),
        done=None if done is None or done.is_floating_point() else _done_codes(done),
        reward=None if reward is None else _reward_facts(reward),
        file=_file_facts(batch),
    )


def _file_facts(batch: Batch) -> FileFacts | None:
    facts = None if batch.path is None else read_file_facts(batch.path)
    return None if facts is None else FileFacts(**facts._asdict())


def _field(batch: Batch, name: str) -> Tensor | None:
    """A field with one real number for each step."""
    field = cast("Tensor | None", batch.step_stream.get(name, None))
    return None if field is None or field.shape != batch.shape or field.is_complex() else field[:, batch.counted_rows]


def _sizes(batch: Batch, dim: str, losses: Iterable[AnyLoss]) -> list[int]:
    """Sizes of a dimension of the heads."""
    sizes: set[int] = set()
    for loss in losses:
        axis = 2 + loss.head_dims.index(dim) if dim in loss.head_dims else 0
        heads = [cast("Tensor | None", batch.out.get(name, None)) for name in loss.heads]
        sizes |= {head.shape[axis] for head in heads if axis and head is not None and head.dim() > axis}
    return sorted(sizes)


def _done_codes(done: Tensor) -> DoneCodes:
    running, terminal, truncated = (int((done == code).sum()) for code in (0, TERMINAL, TRUNCATED))
    unknown = done.numel() - running - terminal - truncated
    return DoneCodes(running=running, terminal=terminal, truncated=truncated, unknown=unknown)


def _reward_facts(reward: Tensor) -> RewardFacts:
    reward = to_comparable(reward)
    finite = reward if bool(reward.isfinite().all()) else reward[reward.isfinite()]
    low, high = cast("tuple[Tensor, Tensor]", torch.aminmax(finite)) if finite.numel() else (None, None)
    return RewardFacts(
        count=finite.numel(),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        zero=int((finite == 0).sum()),
    )
