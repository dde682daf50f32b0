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
    """Which shards, and in which order."""

    sort: SortBy = "rank"
    """By what: rank puts the one first with which the most is wrong."""
    descending: bool = False
    """Whether the largest comes first; shards without a number come last either way."""
    loss: Text | None = None
    """The loss whose mean is shown and sorted by; the first one when left out."""
    search: Text = ""
    """Text that the address or something that is wrong contains."""
    state: State = "all"
    """Whether only shards that stand out, that have an error, or that do not stand out are wanted."""
    check: Text = ""
    """Only shards with this kind of thing wrong."""
    offset: Annotated[int, Ge(0), Le(1 << 40)] = 0
    """How many to leave out."""
    limit: Annotated[int, Ge(1), Le(200)] = 50
    """How many to return at most."""


class ShardFacts(ResponseModel):
    """Which shard, and how large it is."""

    rank: int
    """0 for the one with the most that is wrong."""
    shard: str
    """Its address."""
    read: bool
    """Whether it could be read."""
    sequences: int
    """How many it has."""
    steps: int
    """How many it has."""


class ShardRow(ShardFacts):
    """One line of the table of shards."""

    errors: int
    """Of what is wrong with it."""
    warnings: int
    """Of what is wrong with it."""
    message: str
    """The worst of what is wrong; empty where nothing is."""
    check: str
    """What found that."""
    deviation: Number | None
    """Largest distance from all other shards, 0 to 1; null where it was not compared."""
    quantity: str
    """What has that distance."""
    large: bool
    """Whether that distance is above the threshold of drift."""
    loss: Number | None
    """Mean of the loss; null where it was not computed."""


class ShardPage(ResponseModel):
    """Some of the shards."""

    total: int
    """Shards of the scan."""
    matching: int
    """Of these, those that were asked for."""
    shards: list[ShardRow]
    """From the offset on."""


class ShardIssue(ResponseModel):
    """One thing that is wrong with a shard."""

    check: str
    """A rule of the doctor, or a check across shards."""
    title: str
    """In a few words."""
    severity: Severity
    """How bad it is."""
    quantity: str
    """What was compared; of a rule, its loss."""
    message: str
    """One sentence with the measured value and the threshold."""
    fix: str
    """What to do."""
    places: list[list[int]]
    """The first of them: sequence and step, of entries with further indices."""
    count: int
    """How many places there are."""


class ShardDeviation(ResponseModel):
    """How far a quantity of a shard is from that of all others."""

    quantity: str
    """What was compared."""
    distance: Number | None
    """From 0, alike, to 1; Kolmogorov-Smirnov of numbers, Cramér's V of codes."""
    large: bool
    """Whether it is above the threshold of drift."""
    mean: Number | None
    """Mean in the shard; null of codes."""
    mean_of_all: Number | None
    """Mean over all shards."""


class ShardInfo(ShardFacts):
    """One shard."""

    issues: list[ShardIssue]
    """What is wrong with it and not with most, the worst first."""
    common: list[ShardIssue]
    """What is wrong with it and with most shards."""
    deviations: list[ShardDeviation]
    """The largest first."""
    notes: list[str]
    """How it was mapped, and what was left out."""
