"""Models of the doctor's API; fields are documented only here."""

from mouse.diagnosis import Report, Rule, Severity
from mouse.diagnosis.finding import Unit, Value
from mouse_dashboard.doctor.transitions import first_transition
from mouse_dashboard.schema.base import Body, ResponseModel
from mouse_dashboard.schema.numbers import Number
from mouse_dashboard.schema.requests import Configs


class DoctorRequest(Body):
    """The losses to examine the batch for."""

    configs: Configs
    """Config of each loss."""


class Fix(ResponseModel):
    """The fix of a finding."""

    text: str
    """Description of the fix."""
    field: str | None
    """Loss and field to change, such as `dqn.gamma`, if the fix is a config change."""
    value: Value | None
    """New value of that field."""


class Consequence(ResponseModel):
    """Another finding that this one explains."""

    rule: str
    """Id of the rule that found it."""
    message: str
    """One sentence with the measured value and the threshold."""


class FindingInfo(ResponseModel):
    """One likely error."""

    rule: str
    """Id of the rule."""
    severity: Severity
    """Severity."""
    message: str
    """One sentence with the measured value and the threshold."""
    measured: Number | None
    """The measured value, if it is one number."""
    threshold: Number | None
    """The threshold beyond which it is a finding."""
    where: list[list[int]] | str | None
    """The first hundred places (row, step), of entries with their further indices; else the field."""
    field: str | None
    """Field of the batch, the output or a config, such as `step_stream.action`."""
    count: int
    """Number of places."""
    unit: Unit | None
    """Whether the steps of places count transitions or rows."""
    loss: str | None
    """The loss that the shares refer to."""
    share_of_loss: Number | None
    """Share of that loss that comes from these places."""
    share_of_gradient: Number | None
    """Share of the summed norm of its head's gradient per step that comes from these places."""
    transition: tuple[int, int] | None
    """Row and step of the first place as losses count them: of what a row holds, the transition that led there."""
    why: str
    """Why it matters."""
    fix: Fix
    """How to fix it."""
    reference: list[str]
    """Sources where practitioners have reported it."""
    consequences: list[Consequence]
    """Findings of other rules that follow from this one."""


class NotCheckedInfo(ResponseModel):
    """A rule that could not run."""

    rule: str
    """Id of the rule."""
    needs: str
    """The missing requirement."""


class PartlyCheckedInfo(NotCheckedInfo):
    """A rule that ran, but could not check everything that it covers."""

    part: str
    """The part that was not checked."""


class DoctorReport(ResponseModel):
    """The doctor's report; a report without findings does not prove that the batch is correct."""

    findings: list[FindingInfo]
    """The worst first: by severity, then by share of a loss."""
    checked: list[str]
    """Ids of the rules that ran, whether they found something or not."""
    not_checked: list[NotCheckedInfo]
    """Rules that could not run."""
    partly_checked: list[PartlyCheckedInfo]
    """Parts that rules which ran could not check."""


class RuleInfo(ResponseModel):
    """A rule: one way in which a loss goes wrong."""

    id: str
    """Its name in reports."""
    title: str
    """Short title."""
    severity: Severity
    """Default severity of its findings."""
    what: str
    """The failure."""
    shows: str
    """The measurement, and how the failure shows in it."""
    why: str
    """Why it matters."""
    fix: str
    """How to fix it."""
    sources: list[str]
    """Sources where practitioners have reported it."""


class RuleList(ResponseModel):
    """All rules of the doctor."""

    rules: list[RuleInfo]
    """In the order in which they run; a doctor slice names a rule by its index here."""


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
