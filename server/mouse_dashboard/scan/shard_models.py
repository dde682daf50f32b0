"""Models of the shards of a scan."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from mouse.diagnosis.finding import Severity
from mouse_dashboard.scan.models import Text
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.numbers import Number

SortBy = Literal["rank", "name", "steps", "deviation", "loss"]
State = Literal["all", "issues", "errors", "clean"]


class ShardQuery(Body):
    """Filter and order of shards."""

    sort: SortBy = "rank"
    """Sort key; `rank` puts the shard with the most issues first."""
    descending: bool = False
    """Whether the largest comes first; shards without a number come last either way."""
    loss: Text | None = None
    """The loss whose mean is shown and sorted by; the first one by default."""
    search: Text = ""
    """Text in the address or in an issue."""
    state: State = "all"
    """Restricts to shards that stand out, that have an error, or that do not stand out."""
    check: Text = ""
    """Restricts to shards with an issue of this check."""
    offset: Annotated[int, Ge(0), Le(1 << 40)] = 0
    """Number of shards to skip."""
    limit: Annotated[int, Ge(1), Le(200)] = 50
    """Maximum number of shards to return."""


class ShardFacts(ResponseModel):
    """Identity and size of a shard."""

    rank: int
    """Rank; 0 is the shard with the most issues."""
    shard: str
    """Its address."""
    read: bool
    """Whether it is readable."""
    sequences: int
    """Number of sequences."""
    steps: int
    """Number of steps."""


class ShardRow(ShardFacts):
    """One line of the table of shards."""

    errors: int
    """Number of errors."""
    warnings: int
    """Number of warnings."""
    message: str
    """Message of the worst issue; empty if there is none."""
    check: str
    """The check that found it."""
    deviation: Number | None
    """Largest distance from all other shards, 0 to 1; null if it was not compared."""
    quantity: str
    """The quantity with that distance."""
    large: bool
    """Whether that distance is above the threshold of drift."""
    loss: Number | None
    """Mean of the loss; null if it was not computed."""


class ShardPage(ResponseModel):
    """A page of shards."""

    total: int
    """Number of shards in the scan."""
    matching: int
    """Number of shards that match the filter."""
    shards: list[ShardRow]
    """From the offset on."""


class ShardIssue(ResponseModel):
    """One issue of a shard."""

    check: str
    """A rule of the doctor, or a check across shards."""
    title: str
    """Short title."""
    severity: Severity
    """Severity."""
    quantity: str
    """The compared quantity; for a rule, its loss."""
    message: str
    """One sentence with the measured value and the threshold."""
    fix: str
    """How to fix it."""
    places: list[list[int]]
    """The first of them: sequence and step, of entries with further indices."""
    count: int
    """Number of places."""


class ShardDeviation(ResponseModel):
    """The distance of a shard's quantity from all others."""

    quantity: str
    """The compared quantity."""
    distance: Number | None
    """From 0, alike, to 1; Kolmogorov-Smirnov of numbers, Cramér's V of codes."""
    large: bool
    """Whether it is above the threshold of drift."""
    mean: Number | None
    """Mean in the shard; null for codes."""
    mean_of_all: Number | None
    """Mean over all shards."""


class ShardInfo(ShardFacts):
    """One shard."""

    issues: list[ShardIssue]
    """Issues that most shards do not have, the worst first."""
    common: list[ShardIssue]
    """Issues that most shards have too."""
    deviations: list[ShardDeviation]
    """The largest first."""
    notes: list[str]
    """Notes on its mapping, and on what was left out."""
