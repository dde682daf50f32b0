"""Models of a batch's overview; fields are documented only here."""

from typing import Literal

from mouse_dashboard.data.models import Episodes
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import Configs
from mouse_dashboard.schema.results import Numbers


class DoneCodes(ResponseModel):
    """How often each code stands in `done`, first rows included where they are not those of transitions."""

    running: int
    """0."""
    terminal: int
    """1."""
    truncated: int
    """2."""
    unknown: int
    """Any other."""


class RewardFacts(ResponseModel):
    """What the finite entries of `reward` are, first rows included where they are not those of transitions."""

    count: int
    """How many are finite."""
    low: Number | None
    """The smallest; null where none is finite."""
    high: Number | None
    """The largest."""
    zero: int
    """How many are exactly 0."""


class FileFacts(ResponseModel):
    """The file that a batch of windows was made of: what is in it, and how much of that is in the batch."""

    steps: int
    """Steps in the file."""
    steps_in_batch: int
    """How many of them are transitions of the batch."""
    episodes: int | None
    """Episodes in the file; null where it does not tell where one ends."""
    ends: int
    """Ends of episodes that the file marks."""
    ends_in_batch: int
    """How many of them are in the batch."""


class BatchFacts(ResponseModel):
    """A batch in a few numbers, whatever the configs are."""

    batch_id: str
    """The batch."""
    actions: list[int]
    """A: numbers of actions of the model's heads, each once; more than one is seldom meant."""
    dims: list[int]
    """D: lengths of the vectors of the model's heads, each once."""
    episodes: Episodes | None
    """None without whole numbers [B, S] in `done`, and of transitions without order."""
    done: DoneCodes | None
    """None without whole numbers [B, S] in `done`."""
    reward: RewardFacts | None
    """None without numbers [B, S] in `reward`."""
    file: FileFacts | None
    """What is in the file that the batch was made of; null where it was made of none, or by an older version."""


class OverviewRequest(Body):
    """The losses to look at."""

    configs: Configs
    """Each with its config."""


LeadKind = Literal["failed", "not_finite", "largest_share", "worst_percent", "heaviest_class", "farthest_term"]


class Lead(ResponseModel):
    """A fact worth a look, and where the page shows it."""

    kind: LeadKind
    """What kind of fact it is."""
    measure: str
    """Its number, as the sentence begins."""
    text: str
    """The rest of the sentence."""
    loss: str
    """The loss to open."""
    term: str | None = None
    """The term to show of it; null for the loss itself."""
    panel: str | None = None
    """The panel of figures to open; null for the one that is open."""
    slice: str | None = None
    """The class of transitions to look at, as links name it."""
    place: tuple[int, int] | None = None
    """Row and step to select."""


class Overview(Numbers):
    """The losses with the lengths of their gradients, and what to look at first."""

    leads: list[Lead]
    """Facts, the first one first: what failed, what is not finite, then what the total is made of."""
