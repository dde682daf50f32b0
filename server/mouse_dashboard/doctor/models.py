"""Models of the doctor's API; fields are documented only here."""

from mouse.diagnosis import Report, Rule, Severity
from mouse.diagnosis.finding import Unit, Value
from mouse_dashboard.doctor.transitions import first_transition
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import Configs


class DoctorRequest(Body):
    """The losses that the batch is for."""

    configs: Configs
    """Each with its config."""


class Fix(ResponseModel):
    """What to do about a finding."""

    text: str
    """In words."""
    field: str | None
    """Where it is a change of a config, its loss and field, such as `dqn.gamma`."""
    value: Value | None
    """What to set that field to."""


class Consequence(ResponseModel):
    """What else a finding explains."""

    rule: str
    """Id of the rule that found it."""
    message: str
    """One sentence with the measured value and the threshold."""


class FindingInfo(ResponseModel):
    """One thing that is likely wrong."""

    rule: str
    """Id of the rule."""
    severity: Severity
    """How bad it is."""
    message: str
    """One sentence with the measured value and the threshold."""
    measured: Number | None
    """What was measured, where that is one number."""
    threshold: Number | None
    """From where on it is a finding."""
    where: list[list[int]] | str | None
    """The first hundred places (row, step), of entries with their further indices; else the field."""
    field: str | None
    """Field of the batch, the output or a config, such as `step_stream.action`."""
    count: int
    """How many places there are."""
    unit: Unit | None
    """Whether the steps of places count transitions or rows."""
    loss: str | None
    """The loss that the shares are of."""
    share_of_loss: Number | None
    """Which part of that loss comes from these places."""
    share_of_gradient: Number | None
    """Which part of the summed length of its head's gradient per step comes from these places."""
    transition: tuple[int, int] | None
    """Row and step of the first place as losses count them: of what a row holds, the transition that led there."""
    why: str
    """Why it matters."""
    fix: Fix
    """What to do."""
    reference: list[str]
    """Where practitioners have reported it."""
    consequences: list[Consequence]
    """Findings of other rules that follow from this one."""


class NotCheckedInfo(ResponseModel):
    """A rule that could not run."""

    rule: str
    """Id of the rule."""
    needs: str
    """What is missing."""


class PartlyCheckedInfo(NotCheckedInfo):
    """A rule that ran, but could not look at all that it is about."""

    part: str
    """What it could not look at."""


class DoctorReport(ResponseModel):
    """All that the doctor found; without findings no proof that the batch is fine."""

    findings: list[FindingInfo]
    """The worst first: by severity, then by share of a loss."""
    checked: list[str]
    """Ids of the rules that ran, whether they found something or not."""
    not_checked: list[NotCheckedInfo]
    """Rules that could not run."""
    partly_checked: list[PartlyCheckedInfo]
    """Of the rules that ran: what they could not look at."""


class RuleInfo(ResponseModel):
    """One way in which a loss goes wrong."""

    id: str
    """Its name in reports."""
    title: str
    """In a few words."""
    severity: Severity
    """Of its findings, unless one says otherwise."""
    what: str
    """The failure."""
    shows: str
    """What is measured, and how the failure shows in it."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    sources: list[str]
    """Where practitioners have reported it."""


class RuleList(ResponseModel):
    """Everything that the doctor looks for."""

    rules: list[RuleInfo]
    """In the order in which they run; a slice of the doctor names a rule by its place here."""


def report_info(report: Report, shape: tuple[int, int]) -> DoctorReport:
    """Convert a report on a batch of this shape."""
    fields = report.to_dict()
    findings = [
        FindingInfo(**each, transition=first_transition(finding, shape))
        for each, finding in zip(fields.pop("findings"), report, strict=True)
    ]
    return DoctorReport(findings=findings, **fields)


def rule_info(rule: Rule) -> RuleInfo:
    """Convert a rule."""
    return RuleInfo.model_validate({name: getattr(rule, name) for name in RuleInfo.model_fields})
