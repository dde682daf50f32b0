"""Terms: the named intermediates of a loss, documented where they are declared and readable at runtime."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, cast, get_args, get_type_hints

from tensordict import TensorClass

Unit = Literal["transition", "step", "item", "sequence"]
"""What one value of a term belongs to: a pair of consecutive rows, one row, or all rows of a sequence."""
UNITS: dict[str, Unit] = {"time": "transition", "step": "step", "item": "item", "sequence": "sequence"}


@dataclass(frozen=True)
class Term:
    """What one intermediate is: goes into its annotation, beside its shape."""

    formula: str
    """How it follows from the terms, inputs and config fields before it, by their names."""
    doc: str
    """What it means, in one sentence."""
    signed: bool = True
    """Whether both signs mean something, so that a map of it centres its colours on zero."""
    where: str = ""
    """Boolean term of the same dimensions outside of which the value is a placeholder, not a number to look at; empty
    if every value counts."""
    log_zero: bool = False
    """Whether a hugely negative value stands for log 0."""


@dataclass(frozen=True)
class TermInfo(Term):
    """A term with its name and the names of its dimensions."""

    name: str = ""
    dims: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """What one value of the term belongs to: its second dimension tells."""
        return UNITS[self.dims[1]]

    @property
    def is_field(self) -> bool:
        """Whether it is the field of its name, and absent where the batch has none."""
        return self.formula == f"{self.name}[t+1]"


@cache
def term_infos(terms: type[TensorClass]) -> tuple[TermInfo, ...]:
    """All terms of a loss in order of computation, read from its annotations."""
    hints = get_type_hints(terms, include_extras=True)
    return tuple(_term_info(field.name, hints[field.name]) for field in fields(cast("Any", terms)))


def _term_info(name: str, annotation: object) -> TermInfo:
    shape, *notes = get_args(annotation)
    term = next(note for note in notes if isinstance(note, Term))
    dim_str = getattr(shape, "dim_str", None) or get_args(shape)[0].dim_str
    return TermInfo(**vars(term), name=name, dims=tuple(dim_str.split()))
