"""`mouse.doctor`: run the rules on a batch, and on the loss functions that are trained on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mouse.diagnosis.case import Case
from mouse.diagnosis.catalogue import CATALOGUE
from mouse.diagnosis.data_rules import data_report
from mouse.diagnosis.examine import merge_reports, report_on
from mouse.diagnosis.file_rules import FileReport
from mouse.diagnosis.function_rules import FUNCTION_RULES
from mouse.diagnosis.functions import calls_of, read_by, reports_on_functions
from mouse.diagnosis.joint_report import add_recording_findings
from mouse.diagnosis.recording import RecordingCase, chosen_rules
from mouse.diagnosis.report import Report
from mouse.diagnosis.rules import RULES
from mouse.diagnosis.thresholds import Thresholds
from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse.mapping.doubts import Doubt
from mouse.tracing.explained import Fields, split_batch


def doctor(  # noqa: PLR0913  what is trained, and what is looked for
    step_stream: Fields,
    out: Fields | None = None,
    configs: Mapping[str, LossConfig] | None = None,
    *,
    losses: Sequence[Callable[..., Any]] = (),
    doubts: Sequence[Doubt] | None = None,
    file: FileReport | None = None,
    rules: Iterable[str] | None = None,
    thresholds: Thresholds | None = None,
) -> Report:
    """Check a batch, its configs and the losses' own terms for the known ways in which a loss goes wrong.

    Computes each loss once, and its gradients; changes nothing. A report without findings names what was checked, and
    is no proof that the batch is fine.

    Shapes: ``step_stream``, ``out`` [B, S]; whatever is wrong with them becomes a finding. For `losses` also [N].

    Args:
        step_stream: the batch.
        out: the model's output on it; where it is not apart, as `mouse.explain` finds it.
        configs: config of each of mouse's losses that is trained, by its name in `mouse.losses.LOSSES`.
        losses: functions of one's own, as `mouse.explain` takes them.
        doubts: what was noted of the file that the batch was made of, `mouse.mapping.Plan.doubts`.
        file: what rules said of that file before it was cut into windows, `mouse.diagnosis.examine_file`.
        rules: ids of the rules to run; all of `mouse.diagnosis.CATALOGUE` if None.
        thresholds: where a number becomes a finding.

    Raises:
        MissingFieldError: (a KeyError) an unknown loss in `configs`.
        BatchError: (a ValueError) a config of another loss; with `losses`, fields that form no batch.
        ValueError: an unknown rule.

    Example:
        >>> mouse.doctor(batch, losses=[ppo_loss]).raise_if("error")
    """
    losses_of(configs or {})
    limits, chosen = thresholds or Thresholds(), _chosen(rules)
    of_functions = [FUNCTION_RULES[name] for name in chosen if name in FUNCTION_RULES]
    of_batches = [RULES[name] for name in chosen if name in RULES]
    if losses or out is None:
        step_stream, out = split_batch(step_stream, out)
    calls = calls_of(losses, step_stream, out)
    reports = reports_on_functions(calls, of_functions, limits)
    if losses and not configs:
        of_windows = data_report(step_stream, out, of_batches, limits, read_by(call for _, call in calls))
    else:
        of_windows = report_on(Case(step_stream, out, configs or {}, limits), of_batches)
    if doubts is not None or file is not None:
        rows, steps = (*split_batch(step_stream, out)[0].batch_size, 1)[:2]
        of_windows = add_recording_findings(of_windows, (rows, steps), doubts, file, chosen)
    reports.append(of_windows)
    return merge_reports(reports)


def recording_report(
    shape: tuple[int, int], doubts: Sequence[Doubt], rules: Iterable[str] = tuple(CATALOGUE)
) -> Report:
    """Report the doubts noted about the source file of a batch of B sequences of S steps."""
    return report_on(RecordingCase(doubts, shape), chosen_rules(rules))


def _chosen(rules: Iterable[str] | None) -> list[str]:
    wanted = list(CATALOGUE if rules is None else dict.fromkeys(rules))
    for name in wanted:
        if name not in CATALOGUE:
            raise ValueError(f"rules: found {name!r}, expected some of {', '.join(CATALOGUE)}.")
    return wanted
