"""`assert_healthy`: fail a test with the doctor's findings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mouse.diagnosis.doctor import doctor
from mouse.diagnosis.finding import Severity
from mouse.diagnosis.report import Report
from mouse.diagnosis.thresholds import Thresholds
from mouse.losses.config import LossConfig
from mouse.tracing.explained import Fields


def assert_healthy(  # noqa: PLR0913  those of `mouse.doctor`, and from where on it fails
    step_stream: Fields,
    out: Fields | None = None,
    configs: Mapping[str, LossConfig] | None = None,
    *,
    losses: Sequence[Callable[..., Any]] = (),
    severity: Severity = "error",
    rules: Iterable[str] | None = None,
    thresholds: Thresholds | None = None,
) -> Report:
    """Fail with the doctor's findings of a severity or a worse one; return its report where there are none.

    Shapes: ``step_stream``, ``out`` [B, S]; for `losses` also [N].

    Args:
        step_stream: the batch.
        out: the model's output on it.
        configs: config of each of mouse's losses that is trained, by its name.
        losses: loss functions of one's own.
        severity: from where on it fails.
        rules: ids of the rules to run; all of them if None.
        thresholds: where a number becomes a finding.

    Raises:
        AssertionError: there are such findings, or no rule could run: then nothing was looked at.
        MissingFieldError: (a KeyError) an unknown loss in `configs`.
        BatchError: (a ValueError) a config of another loss; with `losses`, fields that form no batch.
        ValueError: an unknown rule.

    Example:
        >>> def test_the_collector_makes_sound_batches():
        ...     assert_healthy(*collect(), {"dqn": DqnLossConfig()}, severity="warning")
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    report = doctor(step_stream, out, configs, losses=losses, rules=rules, thresholds=thresholds)
    if bad := report.at_least(severity):
        raise AssertionError(
            f"The doctor found what is likely wrong with this batch.\n\n{replace(report, findings=bad)}"
        )
    if not report.checked:
        raise AssertionError(f"The doctor could check nothing of this batch.\n\n{report}")
    return report
