"""Evidence of row order: a next observation must equal the observation of the next row."""

import re
from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from mouse.mapping.mapping import Mapping
from mouse.mapping.names import current_state_name, strip_prefix
from mouse.mapping.rows import Sequences

NUMBERS = 4096
"""Of an observation, so many of its numbers are compared at most."""
ROWS = 65536


class OrderEvidence(NamedTuple):
    """Whether rows show what the file's own next observations say."""

    same: Bool[Tensor, " pair"]
    """Of each row and the one after it in a sequence."""
    sampled: bool
    """Whether a part of each observation was compared."""


def next_pairs(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size) -> dict[str, str]:
    """Name of the next observation of each observation that has one, of one shape."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        own = mapping.state_of(name)
        if (
            own is not None
            and own in fields
            and fields[own].shape == value.shape
            and value.numel()  # observations of no numbers prove nothing
            and value.shape[: len(sizes)] == sizes
        ):
            found[own] = name
    next_states = {
        own: name for own, name in found.items() if re.search(r"obs|state", own) or own in mapping.next_states
    }
    return next_states or {own: name for own, name in found.items() if not re.search(r"rew|done|term|trunc|act", own)}


def is_observation(name: str) -> bool:
    """Whether a name is one that observations have, in whichever group; not those of the next state.

    Example:
        >>> is_observation("_meta.obs"), is_observation("obs_next")
        (True, False)
    """
    parts = re.split(r"[./$]_?", strip_prefix(name).lower())
    return current_state_name(name) is None and any(
        part.startswith(("obs", "image")) or part in {"state", "states"} for part in parts
    )


def observation(fields: Mapped[str, Tensor], mapping: Mapping, sizes: torch.Size) -> str | None:
    """Name of the observation: one with a next one, else one called so, else the one field of several numbers."""
    pairs = next_pairs(fields, mapping, sizes)
    if pairs:
        return next(iter(pairs))
    taken = {*mapping.fields.values(), mapping.sequence, mapping.step, mapping.environment}
    rows = [
        name
        for name, value in fields.items()
        if name not in taken
        and value.shape[: len(sizes)] == sizes
        and mapping.state_of(name) is None
        and not value.is_complex()
    ]
    called = [name for name in rows if is_observation(name)]
    wide = [name for name in rows if fields[name].numel() > sizes.numel()]
    return next(iter(called), wide[0] if len(wide) == 1 else None)


def order_evidence(
    fields: Mapped[str, Tensor], mapping: Mapping, sequences: Sequences, sizes: torch.Size
) -> OrderEvidence | None:
    """Compare each next observation with the observation of the row after; None where the file has none."""
    pairs = next_pairs(fields, mapping, sizes)
    if not pairs or len(sequences.order) < 2:
        return None
    same = torch.ones(len(sequences.order) - 1, dtype=torch.bool)
    sampled = False
    for own, name in pairs.items():
        now, after = (_numbers(fields[each], len(sizes)) for each in (own, name))
        every = -(-now.shape[1] // NUMBERS)
        sampled |= every > 1
        for start in range(0, len(same), ROWS):
            part = slice(start, start + ROWS)
            # As doubles: torch compares no unsigned types with others.
            next_states = after[sequences.order[:-1][part], ::every].double()
            shown = now[sequences.order[1:][part], ::every].double()
            same[part] &= ((next_states == shown) | (next_states.isnan() & shown.isnan())).all(dim=1)
    return OrderEvidence(same, sampled)


def _numbers(value: Tensor, rank: int) -> Tensor:
    rows = value.flatten(0, rank - 1)
    return rows.flatten(1) if rows.dim() > 1 else rows.unsqueeze(1)
