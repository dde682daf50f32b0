"""A proposed mapping: its evidence, and what is left to confirm."""

from collections.abc import Mapping as Mapped
from typing import NamedTuple

import torch
from torch import Tensor

from mouse.mapping.mapping import Mapping
from mouse.mapping.naming import own_names


class MappingProposal(NamedTuple):
    """A proposed mapping."""

    mapping: Mapping
    """What to make of the file."""
    notes: tuple[str, ...]
    """What it was recognised by."""
    questions: dict[str, str]
    """What cannot be proven, by the part of the mapping that answers it: confirm or change it before using it."""

    unsettled: tuple[str, ...] = ()
    """Fields of a transition whose alignment is asked, where that of the others is proven."""

    @property
    def certain(self) -> bool:
        """Whether there is nothing left to confirm."""
        return not self.questions

    def is_batch(self, fields: Mapped[str, Tensor]) -> bool:
        """Whether the fields are what they should be, by mouse's own names and types; not where no name is known."""
        scalars = {"action", "reward", "done", "time", "xformed_reward"} & self.mapping.fields.keys()
        plain = (
            fields[self.mapping.fields[name]].dim() == 2
            and fields[self.mapping.fields[name]].is_floating_point() == ("reward" in name)
            and fields[self.mapping.fields[name]].dtype != torch.bool
            for name in scalars
        )
        known = bool(self.mapping.fields) and "layout" not in self.questions
        as_ours = self.mapping.layout == "sequences" and self.mapping.alignment == "next_state"
        return known and as_ours and self.own_names and all(plain)

    @property
    def own_names(self) -> bool:
        """Whether every name that is known is mouse's own."""
        return own_names(self.mapping.fields)
