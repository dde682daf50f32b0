"""Models of a batch's overview; fields are documented only here."""

from typing import Literal

from mouse_dashboard.data.models import Episodes
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import Configs
from mouse_dashboard.schema.results import Numbers


class DoneCodes(ResponseModel):
    """Counts of each code in `done`; first rows count unless the batch has unordered transitions."""

    running: int
    """0."""
    terminal: int
    """1."""
    truncated: int
    """2."""
    unknown: int
    """Any other."""


class RewardFacts(ResponseModel):
    """The finite entries of `reward`; first rows count unless the batch has unordered transitions."""

    count: int
    """Number of finite entries."""
    low: Number | None
    """The smallest; null if none is finite."""
    high: Number | None
    """The largest."""
    zero: int
    """Number that are exactly 0."""


class FileFacts(ResponseModel):
    """The source file of a batch of windows: its content, and how much of it is in the batch."""

    steps: int
    """Steps in the file."""
    steps_in_batch: int
    """Number of them that are transitions of the batch."""
    episodes: int | None
    """Episodes in the file; null if their ends are unknown."""
    ends: int
    """Ends of episodes that the file marks."""
    ends_in_batch: int
    """Number of them in the batch."""


class BatchFacts(ResponseModel):
    """Facts about a batch that are independent of the configs."""

    batch_id: str
    """The batch."""
    actions: list[int]
    """A: distinct numbers of actions of the model's heads; more than one is rarely intended."""
    dims: list[int]
    """D: distinct lengths of the vectors of the model's heads."""
    episodes: Episodes | None
    """Null without integers [B, S] in `done`, and for unordered transitions."""
    done: DoneCodes | None
    """Null without integers [B, S] in `done`."""
    reward: RewardFacts | None
    """Null without numbers [B, S] in `reward`."""
    file: FileFacts | None
    """The source file of the batch; null if it has none, or was made by an older version."""


class OverviewRequest(Body):
    """The losses to evaluate."""

    configs: Configs
    """Config of each loss."""


LeadKind = Literal["failed", "not_finite", "largest_share", "worst_percent", "heaviest_class", "farthest_term"]


class Lead(ResponseModel):
    """A fact worth a look, and where the page shows it."""

    kind: LeadKind
    """Kind of the fact."""
    measure: str
    """Its number, which begins the sentence."""
    text: str
    """The rest of the sentence."""
    loss: str
    """The loss to open."""
    term: str | None = None
    """The term to show; null for the loss itself."""
    panel: str | None = None
    """The panel of figures to open; null to keep the current one."""
    slice: str | None = None
    """The slice to show, as named in links."""
    place: tuple[int, int] | None = None
    """Row and step to select."""


class Overview(Numbers):
    """The losses with the norms of their gradients, and what to look at first."""

    leads: list[Lead]
    """Leads in order of importance: failures, non-finite values, then the parts of the total."""
