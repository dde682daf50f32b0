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
    """Its name in addresses: the same at every start."""
    name: str
    """End of the path of its folder."""
    error: str | None
    """Why it cannot be shown; its numbers are 0 then."""
    complete: bool
    """Whether every task is done."""
    shards: int
    """How many there are."""
    standing_out: int
    """Of these, with a warning or an error that most do not have."""
    steps: int
    """Of all shards that could be read."""


class ScanList(ResponseModel):
    """The scans that the operator named when the dashboard was started."""

    scans: list[ScanSummary]
    """In the order of the command line."""


class LossOfAll(ResponseModel):
    """A loss over all shards."""

    name: str
    """The loss."""
    mean: Number
    """What training minimises, over all places where it is finite."""
    count: int
    """How many places these are."""
    divisor: int
    """What the mean divides their sum by; not how many there are where a place counts as often as it has entries."""
    non_finite: int
    """Places where it is not finite."""
    reasons: list[str]
    """Why it was not computed in some shard or in any."""


class ScanFinding(ResponseModel):
    """One kind of thing that is wrong with shards."""

    check: str
    """A rule of the doctor, or a check across shards."""
    title: str
    """In a few words."""
    quantities: list[str]
    """What was compared; of a rule, its losses or fields."""
    severity: Severity
    """Of the worst of them."""
    shards: int
    """How many have it."""
    in_most: bool
    """Whether most shards have it: then it is no reason to stand out."""
    message: str
    """Of the shard that has the most of it."""
    fix: str
    """What to do."""
    first: int | None
    """Rank of a shard that has it."""


class WorstTransition(ResponseModel):
    """One of the worst places of all."""

    number: int
    """Its place in this list."""
    loss: str
    """The loss that it has much of."""
    value: Number
    """How much."""
    shard: str
    """Address of its shard."""
    rank: int | None
    """Rank of that shard."""
    row: int
    """Sequence in the shard."""
    step: int
    """Transition or step in it."""
    file_row: int | None
    """Row of the file, where the file holds rows."""
    opens: bool
    """Whether the window around it was written."""


class UncheckedInfo(ResponseModel):
    """A rule of the doctor, or a part of one, that could not look at some shards."""

    rule: str
    """Its name."""
    part: str
    """What it could not look at; empty where it could not run."""
    shards: int
    """In how many."""
    of: int
    """Shards that could be read."""
    needs: list[str]
    """What is missing, in most shards first."""
    more: int
    """Needs that are left out."""


class ScanInfo(ScanSummary):
    """A scan, but for its shards."""

    sequences: int
    """Of all shards that could be read."""
    missing_tasks: int
    """Tasks that are not done."""
    losses: list[LossOfAll]
    """Every loss that was asked for."""
    findings: list[ScanFinding]
    """What is wrong, by kind: the worst first."""
    rules_run: int
    """Rules of the doctor that ran on some shard."""
    not_checked: list[UncheckedInfo]
    """What they could not look at in some shard or in any."""
    worst: list[WorstTransition]
    """The worst places of each loss."""
    quantities: list[str]
    """What has a distribution."""
    sweeps: bool
    """Whether losses were computed at several values of a field."""
    command: list[str]
    """What was asked for: losses with the fields that are not defaults, losses of the user's own, model, sweeps."""


class BesideQuery(Body):
    """What is shown beside all shards."""

    shard: Annotated[int, Ge(0), Le(1 << 40)] | None = None
    """Rank of a shard to show beside all."""


class DistributionQuery(BesideQuery):
    """Which distribution."""

    quantity: Text
    """One of those of the scan."""


class ScanFigure(ResponseModel):
    """A figure of a scan."""

    note: str
    """What must be said beside it."""
    figure: PlotlyFigure
    """As Plotly reads it."""


class DistributionFigures(ResponseModel):
    """A quantity over all shards."""

    quantity: str
    """Which."""
    histogram: ScanFigure
    """All numbers together, and those of one shard."""
    shards: ScanFigure | None
    """Median and range of each shard; null of codes."""


class ClassQuery(BesideQuery):
    """Which classes."""

    loss: Text
    """The loss that is sorted into classes."""


class ScanClass(ResponseModel):
    """The places of one class under a loss."""

    grouping: str
    """What sorts them."""
    label: str
    """The class."""
    count: int
    """Places whose loss is finite."""
    non_finite: int
    """Other places."""
    mean: Number | None
    """Mean of the loss; null where the class has no finite place."""
    mean_of_shard: Number | None
    """The same in the shard that was asked for."""
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
    """Mean in the other scan; null where it was not computed."""
    now: Number | None
    """Mean in this scan; null where it was not computed."""
    rank: int | None
    """Of a shard: its rank in this scan."""


class IssueChange(ResponseModel):
    """Something that is wrong in one of two scans."""

    shard: str
    """Address of the shard."""
    check: str
    """What found it."""
    quantity: str
    """What was compared; of a rule, its loss."""
    message: str
    """One sentence."""
    rank: int | None
    """Rank of the shard in this scan; null where it has none."""


class ScanComparison(ResponseModel):
    """What changed since another scan."""

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
    """What is wrong now and was not."""
    new_count: int
    """How much of it there is, shown or not."""
    gone: list[IssueChange]
    """What was wrong and is not now."""
    gone_count: int
    """How much of it there is, shown or not."""


class WindowRequest(Body):
    """A transition to look at."""

    number: Index
    """Its place in the list of the worst."""


class OpenedWindow(ResponseModel):
    """The window around a transition, as a batch."""

    batch: BatchInfo
    """The batch."""
    loss: str
    """The loss that it was found by."""
    row: int
    """Sequence of the transition in the batch."""
    step: int
    """Its step in the batch."""
    configs: dict[str, dict[str, float | int | bool | str]]
    """Fields of the losses of the scan that are not defaults."""
