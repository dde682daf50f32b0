"""The mapping from the fields of a foreign file to a batch."""

from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

from mouse import alignment
from mouse.mapping.names import current_state_name
from mouse.mapping.target import FLAGS, TARGETS

Layout = Literal["sequences", "time_major", "flat", "transitions", "items"]
ONE_DIMENSION = ("flat", "items", "transitions")
"""Layouts in which one dimension counts rows."""
Alignment = Annotated[alignment.Alignment, BeforeValidator(alignment.current_name)]


def _known(name: str) -> str:
    if name not in TARGETS:
        raise ValueError(f"one of {', '.join(TARGETS)}")
    return name


TargetName = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(TARGETS)})]
SourceName = Annotated[str, Strict(), Field(min_length=1, max_length=1024)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", use_attribute_docstrings=True))
class Mapping:
    """How the fields of a file become a batch.

    Example: ``Mapping(fields={"action": "actions", "reward": "rewards"}, alignment="state", layout="time_major")``.
    """

    fields: dict[TargetName, SourceName] = Field(default_factory=dict[TargetName, SourceName])
    """Source field in the file of each of mouse's fields."""
    layout: Layout = "sequences"
    """sequences: [B, S]; time_major: [S, B]; flat: rows [N] in order of time; transitions: rows [N] without order, each
    with its own next state; items: rows [N] without order that no loss pairs, for losses of one's own."""
    alignment: Alignment = "next_state"
    """State with which action, reward and done are stored: next_state, which they led to; state, which they leave."""
    alignments: dict[TargetName, Alignment] = Field(default_factory=dict[TargetName, Alignment])
    """Alignment of single fields, where it differs from `alignment`; that of `done` holds for `terminated` and
    `truncated` too, unless they have their own."""
    shifted: tuple[SourceName, ...] = ()
    """Further fields of the file that are stored with the state they leave, and are shifted by one."""
    inverted: tuple[SourceName, ...] = ()
    """Fields mapped to ends that are 0 where an episode ends and 1 elsewhere, such as `not_done`."""
    step_types: tuple[SourceName, ...] = ()
    """Fields mapped to ends that hold dm_env's step types: 0 first, 1 between, 2 last of an episode."""
    next_states: dict[SourceName, SourceName] = Field(default_factory=dict[SourceName, SourceName])
    """Name of the next state of a field, by the name of that field, where its own name does not say so as `next_obs`
    does: `{"s": "s2"}`."""
    left_out: tuple[SourceName, ...] = ()
    """Fields of the file that are not kept."""
    environment: SourceName | None = None
    """Flat: the field that numbers interleaved environments; the rows of each are put together."""
    num_envs: Annotated[int, Strict(), Ge(1)] = 1
    """Flat: how many environments take turns row by row where no field numbers them, as in a flattened rollout: row i
    is of environment i modulo this number."""
    sequence: SourceName | None = None
    """Flat: the field that tells sequences or episodes apart, or is true where one begins, or has a number for
    each: its first or last row, or its length; one stream if None."""
    step: SourceName | None = None
    """Flat: the field that counts the steps of a sequence; where it does not go on, rows do not follow one another."""
    windows: Literal["within", "across", "chained"] = "within"
    """within: never from one sequence into the next; across: sequences run on into the next one after a known end;
    chained: so too, and each window begins with the row that the one before ends with, counted from a gap backwards."""
    length: Annotated[int, Strict(), Ge(1)] | None = None
    """Steps of each window that sequences are cut into; whole sequences if None."""

    def is_with_state(self, target: str) -> bool:
        """Whether one of mouse's fields that belongs to a transition is stored with the state that it leaves."""
        own = {"done": self.alignment, **self.alignments}
        return own.get(target, own["done"] if target in FLAGS else self.alignment) == "state"

    def state_of(self, name: str) -> str | None:
        """Name of the field that a field of the file is the next state of; None where it is of no next state."""
        return next((own for own, after in self.next_states.items() if after == name), None) or current_state_name(name)
