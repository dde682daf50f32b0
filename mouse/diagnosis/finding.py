"""Findings of the doctor."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

from torch import Tensor

from mouse.losses.term import Unit
from mouse.non_finite import spell

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the worst on."""
Value = float | bool | str


@dataclass(frozen=True)
class Change:
    """A config change that fixes a finding."""

    field: str
    """Loss and field, such as ``dqn.gamma_truncated``."""
    value: Value
    """What to set it to."""


@dataclass(frozen=True, kw_only=True)
class RawFinding:
    """A rule's result; `doctor` adds rule, places and shares."""

    message: str
    """One sentence with the measured value and the threshold."""
    measured: float | None = None
    threshold: float | None = None
    mask: Tensor | None = None
    """Where: bool [B, S-1] for transitions, [B, S] for steps, further dimensions for entries of them."""
    field: str | None = None
    """Field of the batch, the output or a config, such as ``step_stream.action``."""
    loss: str | None = None
    """The loss whose share is asked for."""
    fix: str | None = None
    """What to do, where it is more than what the rule says."""
    change: Change | None = None
    severity: Severity | None = None
    """Where it differs from the rule's."""
    explains: tuple[str, ...] | None = None
    """Rules whose findings follow from it, where they are others than the rule says."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One likely error, with what it affects and how to fix it."""

    rule: str
    """Id of the rule."""
    severity: Severity
    message: str
    """One sentence with the measured value and the threshold."""
    measured: float | None
    threshold: float | None
    field: str | None
    """Field of the batch, the output or a config, such as ``step_stream.action``."""
    places: tuple[tuple[int, ...], ...]
    """The first `MAX_PLACES` places ``(b, t)``, of entries ``(b, t, a)``."""
    count: int
    """How many places there are."""
    mask: Tensor | None = dataclass_field(default=None, repr=False, compare=False)
    """All places: bool [B, S-1] for transitions, [B, S] for steps, further dimensions for entries of them."""
    unit: Unit | None
    """Whether ``t`` counts transitions (t: from row t to row t + 1) or steps (rows); None without places."""
    loss: str | None
    """The loss that the shares are of."""
    share_of_loss: float | None
    """Which part of that loss comes from these places."""
    share_of_gradient: float | None
    """Which part of the summed length of its head's gradient per step comes from these places."""
    why: str
    """Why it matters."""
    fix: str
    """What to do."""
    change: Change | None
    """The fix as a change of a config, where it is one."""
    reference: tuple[str, ...]
    """Where practitioners have reported it."""
    explains: tuple[str, ...] = ()
    """Rules whose findings follow from it."""
    consequences: tuple["Finding", ...] = ()
    """Findings that follow from it, and are no cause of their own."""

    @property
    def where(self) -> tuple[tuple[int, ...], ...] | str | None:
        """Places if there are any, else the field."""
        return self.places or self.field

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not finite is spelt out, as JavaScript's ``Number()`` reads it."""
        where = self.where
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "measured": None if self.measured is None else spell(self.measured),
            "threshold": None if self.threshold is None else spell(self.threshold),
            "where": [list(place) for place in where] if isinstance(where, tuple) else where,
            "field": self.field,
            "count": self.count,
            "unit": self.unit,
            "loss": self.loss,
            "share_of_loss": self.share_of_loss,
            "share_of_gradient": self.share_of_gradient,
            "why": self.why,
            "fix": {
                "text": self.fix,
                "field": self.change.field if self.change else None,
                "value": self.change.value if self.change else None,
            },
            "reference": list(self.reference),
            "consequences": [{"rule": each.rule, "message": each.message} for each in self.consequences],
        }
