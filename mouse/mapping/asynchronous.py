"""Reject rollouts [T, B] of asynchronous vector environments, such as EnvPool's, whose columns mix environments."""

from collections.abc import Mapping as Mapped

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.errors import BatchError
from mouse.evidence.counters import distinct
from mouse.mapping.interleaved import MAX_ENVIRONMENTS
from mouse.mapping.mapping import ONE_DIMENSION, Mapping
from mouse.mapping.names import ENVIRONMENTS, strip_prefix
from mouse.mapping.rows import Sequences

CHANGES = 0.2
"""Share of running steps at which a number of environments changes; that of an episode's level changes more rarely."""
COUNTS = 0.95
"""Share of equal changes from which on a number counts steps."""


def check_environments(
    fields: Mapped[str, Tensor],
    mapping: Mapping,
    sizes: torch.Size,
    sequences: Sequences,
    ended: Bool[Tensor, " pair"],
) -> None:
    """Refuse sequences along which the environment number changes: they mix steps of several environments.

    Raises:
        BatchError: such a number.
    """
    if mapping.layout in ONE_DIMENSION:
        return
    running = ~sequences.first[1:] & ~ended
    for name, value in fields.items():
        if not _numbers_environments(name, value, sizes):
            continue
        change = value.flatten()[sequences.order].long().diff()[running]
        changes = int((change != 0).sum())
        if changes > CHANGES * len(change) and int((change == change.mode().values).sum()) <= COUNTS * len(change):
            raise BatchError(
                "mapping.layout",
                f"`{name}` changes in {changes:,} of {len(change):,} running steps of the sequences",
                "one environment in each sequence",
                "flatten the first two dimensions of every field, row after row of steps [T, B], then --environment"
                f" {name}",
            )


def _numbers_environments(name: str, value: Tensor, sizes: torch.Size) -> bool:
    """Whether a field is called so, and no step, of either dimension, holds a number twice."""
    called = any(each in strip_prefix(name).lower() for each in ENVIRONMENTS)
    whole = value.dtype != torch.bool and not value.is_floating_point() and not value.is_complex()
    if not called or not whole or value.shape[: len(sizes)] != sizes or value.numel() != sizes.numel():
        return False
    if len(distinct(value.flatten().long())) > min(MAX_ENVIRONMENTS, value.numel() // 8):
        return False
    table = value.reshape(sizes).long()
    return any(bool((table.sort(dim=dim).values.diff(dim=dim) != 0).all()) for dim in (0, 1))
