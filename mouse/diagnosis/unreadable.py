"""The report on a file whose fields do not form a batch."""

from mouse.diagnosis.finding import Finding
from mouse.diagnosis.report import NotChecked, Report
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.rules.fields import shape_mismatch
from mouse.errors import BatchError


def unreadable(error: BatchError) -> Report:
    """Turn a field that does not fit the batch, as `load_batch` refuses it, into a finding.

    Raises:
        BatchError: the error itself, where it is not about a field.
    """
    if "." not in error.field or error.field.endswith((".safetensors", ".npz")):
        raise error
    finding = Finding(
        rule=shape_mismatch.id,
        severity=shape_mismatch.severity,
        message=str(error),
        measured=None,
        threshold=None,
        field=error.field,
        places=(),
        count=0,
        unit=None,
        loss=None,
        share_of_loss=None,
        share_of_gradient=None,
        why=shape_mismatch.why,
        fix=shape_mismatch.fix,
        change=None,
        reference=shape_mismatch.sources,
    )
    others = (name for name in RULES if name != shape_mismatch.id)
    needs = "a batch whose fields have its leading shape"
    return Report((finding,), (shape_mismatch.id,), tuple(NotChecked(name, needs) for name in others))
