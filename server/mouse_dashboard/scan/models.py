"""Models of dataset scans; fields are documented only here."""

from typing import Annotated

from annotated_types import Ge, Le, Len

from mouse.diagnosis.finding import Severity
from mouse_dashboard.schema.base import Body, Index, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.results import PlotlyFigure
from mouse_dashboard.store.models import BatchInfo

Text = Annotated[str, Len(max_length=1024)]


class ScanSummary(ResponseModel):
    """One line of the list of scans."""

    id: str
    """Its id in URLs, stable across restarts."""
    name: str
    """Display name: the end of its folder's path."""
    error: str | None
    """Why it cannot be shown; its numbers are then 0."""
    complete: bool
    """Whether every task is finished."""
    shards: int
    """Number of shards."""
    standing_out: int
    """Number of shards with a warning or an error that most shards do not have."""
    steps: int
    """Total over all readable shards."""


class ScanList(ResponseModel):
    """The scans that the operator named when the dashboard was started."""

    scans: list[ScanSummary]
    """In the order of the command line."""


class LossOfAll(ResponseModel):
    """A loss over all shards."""

    name: str
    """The loss."""
    mean: Number
    """The mean that training minimises, over all places where it is finite."""
    count: int
    """Number of these places."""
    divisor: int
    """Divisor of the mean; differs from `count` if a place counts as often as it has entries."""
    non_finite: int
    """Places where it is not finite."""
    reasons: list[str]
    """Why it was not computed on some or all shards."""


class ScanFinding(ResponseModel):
    """One kind of issue of shards."""

    check: str
    """A rule of the doctor, or a check across shards."""
    title: str
    """Short title."""
    quantities: list[str]
    """The compared quantities; for a rule, its losses or fields."""
    severity: Severity
    """Severity of the worst one."""
    shards: int
    """Number of shards with it."""
    in_most: bool
    """Whether most shards have it, so that it does not make a shard stand out."""
    message: str
    """Message of the worst shard."""
    fix: str
    """How to fix it."""
    first: int | None
    """Rank of a shard that has it."""


class WorstTransition(ResponseModel):
    """One of the worst places of the scan."""

    number: int
    """Its index in the list."""
    loss: str
    """Name of the loss."""
    value: Number
    """Its loss."""
    shard: str
    """Address of its shard."""
    rank: int | None
    """Rank of that shard."""
    row: int
    """Sequence in the shard."""
    step: int
    """Transition or step in it."""
    file_row: int | None
    """Row of the file, if the file has rows."""
    opens: bool
    """Whether the window around it was written."""


class UncheckedInfo(ResponseModel):
    """A rule of the doctor, or a part of one, that could not run on some shards."""

    rule: str
    """Its name."""
    part: str
    """The part that was not checked; empty if the rule could not run at all."""
    shards: int
    """Number of shards where it was not checked."""
    of: int
    """Number of readable shards."""
    needs: list[str]
    """Missing requirements, the most frequent first."""
    more: int
    """Number of requirements left out of the list."""


class ScanInfo(ScanSummary):
    """A scan without its shards."""

    sequences: int
    """Total over all readable shards."""
    missing_tasks: int
    """Number of unfinished tasks."""
    losses: list[LossOfAll]
    """Every requested loss."""
    findings: list[ScanFinding]
    """Issues by kind, the worst first."""
    rules_run: int
    """Number of doctor rules that ran on at least one shard."""
    not_checked: list[UncheckedInfo]
    """Rules and parts that were not checked on some or all shards."""
    worst: list[WorstTransition]
    """The worst places of each loss."""
    quantities: list[str]
    """Quantities with a distribution."""
    sweeps: bool
    """Whether losses were computed at several values of a field."""
    command: list[str]
    """The scan's request: losses with their non-default fields, the user's losses, model, sweeps."""


class BesideQuery(Body):
    """A shard to compare with all shards."""

    shard: Annotated[int, Ge(0), Le(1 << 40)] | None = None
    """Rank of the shard."""


class DistributionQuery(BesideQuery):
    """The requested distribution."""

    quantity: Text
    """A quantity of the scan."""


class ScanFigure(ResponseModel):
    """A figure of a scan."""

    note: str
    """A note to show beside it."""
    figure: PlotlyFigure
    """The Plotly figure."""


class DistributionFigures(ResponseModel):
    """A quantity over all shards."""

    quantity: str
    """Name of the quantity."""
    histogram: ScanFigure
    """The distribution over all shards, and that of one shard."""
    shards: ScanFigure | None
    """Median and range of each shard; null for codes."""


class ClassQuery(BesideQuery):
    """The requested classes."""

    loss: Text
    """Name of the loss."""


class ScanClass(ResponseModel):
    """The places of one class under a loss."""

    grouping: str
    """Name of the grouping."""
    label: str
    """The class."""
    count: int
    """Places whose loss is finite."""
    non_finite: int
    """Places whose loss is not finite."""
    mean: Number | None
    """Mean of the loss; null if the class has no finite place."""
    mean_of_shard: Number | None
    """Mean in the requested shard."""
    highest: str
    """Address of the shard with the highest mean of those with at least a hundredth of their places in the class."""
    highest_rank: int | None
    """Rank of that shard."""
    highest_mean: Number | None
    """Its mean."""


class ScanClasses(ResponseModel):
    """Loss by class."""

    classes: list[ScanClass]
    """By grouping, in the order of their labels."""


class SweepFigures(ResponseModel):
    """Losses at several values of one or two fields."""

    figures: list[ScanFigure]
    """A curve or a map for each loss."""


class ScanChange(ResponseModel):
    """A mean before and now."""

    name: list[str]
    """Loss, or shard and loss, or loss, grouping and label."""
    before: Number | None
    """Mean in the other scan; null if it was not computed."""
    now: Number | None
    """Mean in this scan; null if it was not computed."""
    rank: int | None
    """Rank of the shard in this scan, if it is about a shard."""


class IssueChange(ResponseModel):
    """An issue in only one of two scans."""

    shard: str
    """Address of the shard."""
    check: str
    """The check that found it."""
    quantity: str
    """The compared quantity; for a rule, its loss."""
    message: str
    """Message in one sentence."""
    rank: int | None
    """Rank of the shard in this scan; null if it has none."""


class ScanComparison(ResponseModel):
    """Changes since another scan."""

    other: str
    """Id of the other scan."""
    common_shards: int
    """Shards that both have; the others are not compared one by one."""
    losses: list[ScanChange]
    """Each loss over all shards."""
    shards: list[ScanChange]
    """Shards whose loss rose most."""
    classes: list[ScanChange]
    """Classes whose loss rose most."""
    rose: int
    """Shards with a loss that rose, shown or not."""
    fell: int
    """Shards with a loss that fell."""
    new: list[IssueChange]
    """New issues."""
    new_count: int
    """Their number, shown or not."""
    gone: list[IssueChange]
    """Resolved issues."""
    gone_count: int
    """Their number, shown or not."""


class WindowRequest(Body):
    """The transition to open."""

    number: Index
    """Its index in the list of worst transitions."""


class OpenedWindow(ResponseModel):
    """The window around a transition, as a batch."""

    batch: BatchInfo
    """The batch."""
    loss: str
    """The loss that it was found with."""
    row: int
    """Sequence of the transition in the batch."""
    step: int
    """Its step in the batch."""
    configs: dict[str, dict[str, float | int | bool | str]]
    """Non-default config fields of the scan's losses."""
