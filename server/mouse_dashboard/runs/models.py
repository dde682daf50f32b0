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
    """A batch of a training run at a step, sent before as an unlisted batch."""

    run: Name
    """Name of the run; never a path."""
    session: RunId | None = None
    """Which process pushes: a name that another one has pushed to makes a new run; null goes on with the newest run of
    that name."""
    step: Step
    """Step of the training; a run has one snapshot of each."""
    batch_id: BatchId
    """The batch."""
    configs: Configs = Field(default_factory=dict[str, Any])
    """The losses that were trained, each with its config."""
    metrics: dict[Name, GivenNumber] = Field(default_factory=dict)
    """What training logged."""
    sequences: Sequences | None = None
    """How many of the trained sequences are in the batch; null if all."""


class SnapshotLoss(ResponseModel):
    """A loss on a snapshot, under the config that was trained."""

    loss: Number | None
    """What the library's function returns for the batch here; null where it cannot run."""
    error: str | None
    """Why it cannot run."""


class FindingCounts(ResponseModel):
    """How many findings the doctor has."""

    error: int
    """Errors."""
    warning: int
    """Warnings."""
    info: int
    """Remarks."""


class Examined(ResponseModel):
    """What came out of a snapshot."""

    losses: dict[str, SnapshotLoss] = Field(default_factory=dict)
    """Each loss that was trained."""
    total: Number | None = None
    """Sum of weight * loss; null where one of them cannot run, or none was trained."""
    findings: FindingCounts | None = None
    """What the doctor found under the configs that were trained."""
    failure: str | None = None
    """Why nothing came out."""


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
    """How many of the trained sequences are in the batch; null if all."""
    metrics: dict[str, Number]
    """What training logged."""
    state: Literal["pending", "examined", "failed"]
    """Whether losses and findings are there, still to come, or could not be had: then failure says why."""
    pinned: bool
    """Whether it stays when others make room."""


class Follower(ResponseModel):
    """What changed at the same step or right after, and can follow from it."""

    subject: str
    """What changed."""
    step: int
    """At which step."""
    message: str
    """In one sentence."""


class RunChange(ResponseModel):
    """Something is otherwise from one snapshot of a run on."""

    rule: str
    """Id of the rule over runs."""
    severity: Severity
    """How bad it is, or the worst of what follows."""
    subject: str
    """What changed first: key of a series, such as `reward.size` or `loss.dqn`, a head, a config, or a rule of the
    doctor."""
    step: int
    """Step of the first snapshot where it is otherwise."""
    previous_step: int | None
    """Step of the snapshot to compare it with; null where none is before."""
    message: str
    """What changed, and what follows."""
    before: Number | None
    """The number before, where it is one."""
    after: Number | None
    """The number after."""
    followers: list[Follower]
    """What can follow from it."""


class RunSummary(ResponseModel):
    """One line of the list of runs."""

    id: str
    """Its id."""
    name: str
    """What its client calls it; several runs may have the same name."""
    created: str
    """When its first snapshot was stored: ISO 8601, UTC."""
    updated: str
    """When its latest one was."""
    snapshots: int
    """How many there are."""
    last_step: int | None
    """The largest step; null without snapshots."""
    bytes: int
    """Size of its batches on disk."""
    pinned: int
    """How many of its snapshots stay when others make room."""
    dropped: int
    """How many went to make room."""
    pending: int
    """How many are still to be examined."""


class RunList(ResponseModel):
    """The runs."""

    runs: list[RunSummary]
    """The latest updated first."""


class RunInfo(RunSummary):
    """A run with its snapshots, or a page of them."""

    metric_names: list[str]
    """Every metric that it logged, by name."""
    changes: list[RunChange]
    """What changed along the whole run, by step."""
    timeline: list[SnapshotInfo]
    """Its snapshots by step."""
    next_after: int | None
    """The step to ask for as `after` to get the next page; null on the last one."""


class StoredSnapshot(ResponseModel):
    """A snapshot that is on disk."""

    run: RunSummary
    """Its run."""
    snapshot: SnapshotInfo
    """The snapshot."""


class PinRequest(Body):
    """Whether a snapshot stays."""

    pinned: Annotated[bool, Strict()]
    """True keeps it when others make room."""


class Reload(ResponseModel):
    """Earlier events are not sent: read the list of runs now."""

    event: Literal["reload"] = "reload"
    """Kind of the event."""


class RunEvent(ResponseModel):
    """Something happened to a run."""

    event: Literal["run"] = "run"
    """Kind of the event."""
    what: Literal["created", "deleted"]
    """What happened to it."""
    run: RunSummary
    """The run as it is now, or was."""


class SnapshotEvent(ResponseModel):
    """Something happened to a snapshot."""

    event: Literal["snapshot"] = "snapshot"
    """Kind of the event."""
    what: Literal["stored", "examined", "pinned", "deleted"]
    """What happened to it; pinned: or the pin was taken off."""
    run: RunSummary
    """Its run as it is now."""
    snapshot: SnapshotInfo
    """The snapshot as it is now, or was."""
    changes: list[RunChange] | None = None
    """What changed along the run, where that is not what it was before; else null."""


class LossesEvent(ResponseModel):
    """The file of a user's loss function was loaded anew: what was computed with it is stale."""

    event: Literal["losses"] = "losses"
    """Kind of the event."""


Event = Annotated[Reload | RunEvent | SnapshotEvent | LossesEvent, Field(discriminator="event")]
