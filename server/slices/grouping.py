"""What a way to sort transitions into classes is."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Grouping:
    """One way to sort the transitions of a batch into classes."""

    name: str
    """Key in requests and links."""
    labels: tuple[str, ...]
    """Name of each class."""
    index: Tensor
    """``[B, S]``, int16: class of the transition out of each step."""
