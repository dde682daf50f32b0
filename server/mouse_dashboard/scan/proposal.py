"""Check a shard's own mapping proposal against that of the first shard."""

import dataclasses
from collections.abc import Mapping as Mapped

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.mapping import Mapping, detect
from mouse.mapping.ends import end_flags

MAY_DIFFER = frozenset({"length", "left_out"})
"""Parts of a mapping that may be others in each shard."""
MOST = 0.5
"""Share of the ends that stand late where rows are shifted."""
RENAME = "rename its fields, or scan it separately"
REPAIR = "check whether its rows are shifted or cut otherwise, and scan it separately if that is intended"


class ProposalError(BatchError):
    """A shard proposes a different mapping than the first one: one of the two would be misread."""

    def __init__(self, proposal: Mapping, part: str, expected: object, cause: str) -> None:
        self.proposal = proposal
        self.cause = cause
        self.rows: range | None = None
        """Of which the proposal is; None where it is of the whole shard."""
        super().__init__(
            f"mapping.{part}",
            f"{getattr(proposal, part)}, by the names and values of this shard",
            f"{expected} as in the first shard",
            RENAME if part == "fields" else REPAIR,
        )


def propose_for_shard(fields: Mapped[str, Tensor], expected: Mapping) -> Mapping:
    """The shard's own proposal, which must equal that of the first shard.

    Raises:
        ProposalError: (a ValueError) it proposes a different mapping.
    """
    found = detect(fields).mapping
    for part, value in vars(expected).items():
        if part not in MAY_DIFFER and getattr(found, part) != value:
            raise ProposalError(found, part, value, _late_ends(fields, expected))
    return found


def fit_window_length(mapping: Mapping, own: Mapping) -> Mapping:
    """Shorten the windows if no sequence of the shard is long enough, as when each file holds one episode."""
    if mapping.length is None or own.length is None or own.length > mapping.length:
        return mapping
    return dataclasses.replace(mapping, length=own.length)


def _late_ends(fields: Mapped[str, Tensor], mapping: Mapping) -> str:
    """Detect ends stored in the first row of the next episode, by the field that numbers episodes."""
    sequence = fields.get(mapping.sequence or "")
    flags = [*end_flags(fields, mapping).values()]
    if sequence is None or not flags or any(each.shape != sequence.shape or each.dim() != 1 for each in flags):
        return ""
    ended = torch.stack(flags).any(0)
    begins = torch.cat([torch.zeros(1, dtype=torch.bool), sequence[1:] != sequence[:-1]])
    late = (ended & begins).nonzero().flatten()
    if len(late) <= MOST * int(ended.sum()):
        return ""
    rows = ", ".join(str(int(row)) for row in late[:3])
    return (
        f"{len(late):,} of {int(ended.sum()):,} ends of episodes stand a row late, in the first row of the next episode"
        f" by `{mapping.sequence}` (rows {rows} of the file)."
    )
