"""Facts about a batch that no config changes: read once, then kept."""

from typing import cast

import torch
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse_dashboard.case import Batch
from mouse_dashboard.data.comparable import comparable
from mouse_dashboard.data.reading import episodes
from mouse_dashboard.kept import Kept, Key
from mouse_dashboard.overview.models import BatchFacts, DoneCodes, RewardFacts

SIZE = 1000
"""Bytes that kept facts take, roughly."""


def batch_facts(batch: Batch, kept: Kept) -> BatchFacts:
    """The facts of a batch."""
    key = Key(batch.id, "", "facts")
    facts = cast("BatchFacts | None", kept.get(key))
    if facts is None:
        facts = _read(batch)
        kept.put(key, facts, SIZE)
    return facts


def _read(batch: Batch) -> BatchFacts:
    done, reward = _field(batch, "done"), _field(batch, "reward")
    return BatchFacts(
        batch_id=batch.id,
        actions=_sizes(batch, "action"),
        dims=_sizes(batch, "dim"),
        episodes=episodes(batch),
        done=None if done is None or done.is_floating_point() else _done_codes(done),
        reward=None if reward is None else _reward_facts(reward),
    )


def _field(batch: Batch, name: str) -> Tensor | None:
    """A field with one real number for each step."""
    field = cast("Tensor | None", batch.step_stream.get(name, None))
    return None if field is None or field.shape != batch.shape or field.is_complex() else field


def _sizes(batch: Batch, dim: str) -> list[int]:
    """Sizes of a dimension of the heads."""
    sizes: set[int] = set()
    for loss in LOSSES.values():
        axis = 2 + loss.head_dims.index(dim) if dim in loss.head_dims else 0
        heads = [cast("Tensor | None", batch.out.get(name, None)) for name in loss.heads]
        sizes |= {head.shape[axis] for head in heads if axis and head is not None and head.dim() > axis}
    return sorted(sizes)


def _done_codes(done: Tensor) -> DoneCodes:
    running, terminal, truncated = (int((done == code).sum()) for code in (0, TERMINAL, TRUNCATED))
    unknown = done.numel() - running - terminal - truncated
    return DoneCodes(running=running, terminal=terminal, truncated=truncated, unknown=unknown)


def _reward_facts(reward: Tensor) -> RewardFacts:
    reward = comparable(reward)
    finite = reward if bool(reward.isfinite().all()) else reward[reward.isfinite()]
    low, high = cast("tuple[Tensor, Tensor]", torch.aminmax(finite)) if finite.numel() else (None, None)
    return RewardFacts(
        count=finite.numel(),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        zero=int((finite == 0).sum()),
    )
