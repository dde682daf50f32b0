"""Episodes of a batch of transitions without order: ends alone can be seen of them."""

from functools import cached_property

import torch
from torch import Tensor

from mouse.diagnosis.episodes import Episodes
from mouse.diagnosis.rule_skipped import RuleSkipped

IN_ORDER = "steps in order: these are transitions without order"


class UnorderedEpisodes(Episodes):
    """Ends of single transitions. What is asked of the steps around them raises `RuleSkipped`."""

    @property
    def no_transition(self) -> Tensor:
        """No pair of rows: each is a transition, ``[B, S-1]``."""
        return torch.zeros_like(self.after_end)

    @cached_property
    def reset_pairs(self) -> Tensor:
        """Raise `RuleSkipped`: nothing follows an end."""
        raise RuleSkipped(IN_ORDER)

    @cached_property
    def reset_rows(self) -> Tensor:
        """Raise `RuleSkipped`: a first row is the context of its transition, whatever it shows."""
        raise RuleSkipped(IN_ORDER)

    @cached_property
    def _whole(self) -> tuple[Tensor, Tensor, Tensor]:
        """Raise `RuleSkipped`: no episode lies in a batch whole."""
        raise RuleSkipped(IN_ORDER)
