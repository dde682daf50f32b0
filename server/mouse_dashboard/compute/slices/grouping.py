"""A grouping sorts transitions into classes."""

from dataclasses import dataclass

from torch import Tensor

DOCTOR = "doctor"
"""Name of the grouping by the rules of the doctor, the only one that depends on configs."""


@dataclass(frozen=True)
class Grouping:
    """One way to sort the transitions of a batch into classes."""

    name: str
    """Key in requests and links."""
    labels: tuple[str, ...]
    """Name of each class."""
    index: Tensor
    """``[B, S]``, int16: class of the transition out of each step."""
