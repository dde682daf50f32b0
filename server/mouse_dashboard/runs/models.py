"""Models of training runs; fields are documented only here."""

from typing import Annotated, Any, Literal

from annotated_types import Interval
from pydantic import Field, Strict, StringConstraints

from mouse.diagnosis import Severity
from mouse_dashboard.schema.base import PRINTABLE, UUID, BatchId, Body, ResponseModel
from mouse_dashboard.schema.numbers import GivenNumber, Number
from mouse_dashboard.schema.requests import Configs
from mouse_dashboard.store.models import Sequences

MOST_STEPS = (1 << 53) - 1
"""The largest integer that every JSON reader keeps exact."""
MOST_PER_PAGE = 1000
"""The most snapshots of a page."""
RunId = Annotated[str, StringConstraints(pattern=UUID)]
Step = Annotated[int, Strict(), Interval(ge=0, le=MOST_STEPS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]


class SnapshotRequest(Body):
    """A batch of a training run at a step; the batch was uploaded before as an unlisted one."""

    run: Name
    """Name of the run; never a path."""
    session: RunId | None = None
    """Id of the pushing process: a name used by another process starts a new run; null resumes the newest run of
    that name."""
    step: Step
    """Step of the training; a run has one snapshot of each."""
    batch_id: BatchId
    """The batch."""
    configs: Configs = Field(default_factory=dict[str, Any])
    """The losses that were trained, each with its config."""
    metrics: dict[Name, GivenNumber] = Field(default_factory=dict)
    """Metrics that training logged."""
    sequences: Sequences | None = None
    """Number of the trained sequences in the batch; null if all."""


class SnapshotLoss(ResponseModel):
    """A loss on a snapshot, under the config that was trained."""

    loss: Number | None
    """The loss that the library's function returns for the stored batch; null if it cannot run."""
    error: str | None
    """Why it cannot run."""


class FindingCounts(ResponseModel):
    """Number of the doctor's findings by severity."""

    error: int
    """Errors."""
    warning: int
    """Warnings."""
    info: int
    """Information."""


class Examined(ResponseModel):
    """The results of a snapshot's examination."""

    losses: dict[str, SnapshotLoss] = Field(default_factory=dict)
    """Each loss that was trained."""
    total: Number | None = None
    """Sum of weight * loss; null if a loss cannot run, or none was trained."""
    findings: FindingCounts | None = None
    """The doctor's findings under the trained configs."""
    failure: str | None = None
    """Why the examination failed."""


class SnapshotInfo(Examined):
    """One snapshot of a run."""

    step: int
    """Step of the training."""
    batch_id: str
    """Its batch."""
    created: str
    """When it was stored: ISO 8601, UTC."""
    bytes: int
    """Size of its batch on disk."""
    sequences: Sequences | None
    """Number of the trained sequences in the batch; null if all."""
    metrics: dict[str, Number]
    """Metrics that training logged."""
    state: Literal["pending", "examined", "failed"]
    """Whether losses and findings are available, pending, or failed, with the reason in `failure`."""
    pinned: bool
    """Whether it is exempt from retention."""


class Follower(ResponseModel):
    """A possible consequence: a change at the same step or right after."""

    subject: str
    """What changed."""
    step: int
    """Step of the change."""
    message: str
    """Description in one sentence."""


class RunChange(ResponseModel):
    """A change from one snapshot of a run on."""

    rule: str
    """Id of the rule over runs."""
    severity: Severity
    """Its severity, or the worst of its consequences."""
    subject: str
    """What changed first: key of a series, such as `reward.size` or `loss.dqn`, a head, a config, or a rule of the
    doctor."""
    step: int
    """Step of the first snapshot with the change."""
    previous_step: int | None
    """Step of the snapshot to compare with; null if there is none before."""
    message: str
    """The change and its consequences."""
    before: Number | None
    """The value before, if it is a number."""
    after: Number | None
    """The value after."""
    followers: list[Follower]
    """Its possible consequences."""


class RunSummary(ResponseModel):
    """One line of the list of runs."""

    id: str
    """Its id."""
    name: str
    """Name given by the client; several runs may have the same name."""
    created: str
    """When its first snapshot was stored: ISO 8601, UTC."""
    updated: str
    """When its latest snapshot was stored."""
    snapshots: int
    """Number of snapshots."""
    last_step: int | None
    """The largest step; null without snapshots."""
    bytes: int
    """Size of its batches on disk."""
    pinned: int
    """Number of snapshots that are exempt from retention."""
    dropped: int
    """Number of snapshots deleted by retention."""
    pending: int
    """Number of snapshots still to be examined."""


class RunList(ResponseModel):
    """The runs."""

    runs: list[RunSummary]
    """The latest updated first."""


class RunInfo(RunSummary):
    """A run with its snapshots, or a page of them."""

    metric_names: list[str]
    """Every metric that it logged, by name."""
    changes: list[RunChange]
    """Changes along the whole run, by step."""
    timeline: list[SnapshotInfo]
    """Its snapshots by step."""
    next_after: int | None
    """Value of `after` for the next page; null on the last page."""


class StoredSnapshot(ResponseModel):
    """A stored snapshot."""

    run: RunSummary
    """Its run."""
    snapshot: SnapshotInfo
    """The snapshot."""


class PinRequest(Body):
    """Whether a snapshot is exempt from retention."""

    pinned: Annotated[bool, Strict()]
    """True exempts it from retention."""


class Reload(ResponseModel):
    """Earlier events are not sent: read the list of runs now."""

    event: Literal["reload"] = "reload"
    """Kind of the event."""


class RunEvent(ResponseModel):
    """Something happened to a run."""

    event: Literal["run"] = "run"
    """Kind of the event."""
    what: Literal["created", "deleted"]
    """Kind of the change."""
    run: RunSummary
    """The run as it is now, or was."""


class SnapshotEvent(ResponseModel):
    """Something happened to a snapshot."""

    event: Literal["snapshot"] = "snapshot"
    """Kind of the event."""
    what: Literal["stored", "examined", "pinned", "deleted"]
    """Kind of the change; `pinned` also if the pin was removed."""
    run: RunSummary
    """Its run as it is now."""
    snapshot: SnapshotInfo
    """The snapshot as it is now, or was."""
    changes: list[RunChange] | None = None
    """Changes along the run if they differ from before, else null."""


class LossesEvent(ResponseModel):
    """The file of a user's loss function was reloaded: its earlier results are stale."""

    event: Literal["losses"] = "losses"
    """Kind of the event."""


Event = Annotated[Reload | RunEvent | SnapshotEvent | LossesEvent, Field(discriminator="event")]
