"""Process one block of a chunk: run the losses and the doctor's rules, and summarise them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensordict import TensorDictBase

from mouse.diagnosis import RULES, Report, Rule, Thresholds, function_report
from mouse.diagnosis.case import Case
from mouse.diagnosis.data_rules import LEFT_TO_FUNCTIONS, data_report
from mouse.diagnosis.examine import report_on
from mouse.diagnosis.functions import CALL_ERRORS, read_by
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.losses.config import LossConfig
from mouse.tracing import explain
from mouse.tracing.explained import Explained
from mouse_dashboard.compute.functions.worker import to_function_shape
from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.findings import Located, counts_of_rules, findings_of
from mouse_dashboard.scan.fingerprint import sketches
from mouse_dashboard.scan.numbers import (
    LossPlaces,
    class_totals,
    count_codes,
    loss_distributions,
    places_of,
    step_distributions,
    worst_places,
)
from mouse_dashboard.scan.shard import BatchParts, Chunk
from mouse_dashboard.scan.summary import Summary, add_counts, merged
from mouse_dashboard.scan.sweep import SharedInputsCase, evaluate_sweep

Calls = dict[str, Explained | str]
"""Calls of losses of the user's own, or why one failed: an exception would hold the frames that hold the block."""
THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Examination:
    """What to compute for every block."""

    configs: Mapping[str, LossConfig]
    functions: Mapping[str, Callable[..., Any]]
    """Losses of the user's own, by name."""
    with_model: Callable[[BatchParts], BatchParts]
    """Adds the output of a model."""
    sweep: Mapping[str, Mapping[str, LossConfig]]
    """Configs at each point of a sweep, by its name."""


def segments_of(chunk: Chunk) -> Sequence[tuple[int, int] | None]:
    """Rows of the stream that belong to each block; None for each if the chunk is no stream."""
    blocks = chunk.blocks()
    return [None] * len(blocks) if chunk.stream is None else chunk.stream.segments(blocks)


def summarise_block(chunk: Chunk, block: int, segment: tuple[int, int] | None, examination: Examination) -> Summary:
    """Summarise one block of a chunk; data-only rules see the rows of its segment, whole episodes of the stream."""
    start, stop = chunk.blocks()[block]
    first = chunk.first + start
    step_stream, out = examination.with_model(chunk.take(start, stop))
    case = SharedInputsCase(step_stream, out, examination.configs, THRESHOLDS)
    case.stage_one = {}
    calls = _calls(examination.functions, step_stream, out)
    reports = [Located(report, first) for report in _reports(case, calls, streamed=segment is not None)]
    numbers, codes = dict[str, Distribution](), dict[str, dict[int, int]]()
    if chunk.stream is None or segment is None:
        numbers, codes = step_distributions(step_stream), count_codes(step_stream)
    else:
        for places in chunk.stream.views(*segment):
            rows = chunk.stream.take(places)
            report = data_report(
                rows, out[:0], _rules_of_data(), THRESHOLDS, read_by(calls.values()) if calls else None
            )
            reports.append(Located(report, chunk.first, places, chunk.shape[1]))
            numbers = merged(numbers, step_distributions(rows), Distribution.merge)
            codes = merged(codes, count_codes(rows), add_counts)
    losses, not_computed = _losses(case, calls)
    file_rows = None if chunk.file_rows is None else chunk.file_rows[start:stop]
    checked, not_checked = counts_of_rules(reports)
    states, runs = sketches(step_stream, first)
    return Summary(
        sequences=stop - start,
        steps=(stop - start) * chunk.shape[1],
        blocks=1,
        distributions=numbers | loss_distributions(losses),
        counts=codes,
        classes=class_totals(losses, step_stream),
        worst={name: worst_places(places.added, first, file_rows) for name, places in losses.items()},
        findings=findings_of(reports, first),
        checked=checked,
        not_checked=not_checked,
        not_computed=not_computed,
        sweep=evaluate_sweep(case, examination.sweep, case.stage_one),
        states=states,
        runs=runs,
    )


def _reports(case: Case, calls: Calls, *, streamed: bool) -> Iterator[Report]:
    """Reports of the rules on windows; without the data-only rules if they run on the stream instead."""
    if case.configs:
        yield report_on(case, (rule for rule in RULES.values() if not (streamed and _is_of_data(rule))))
    elif not streamed:
        read = read_by(calls.values()) if calls else None
        yield data_report(case.step_stream, case.out, RULES.values(), THRESHOLDS, read)
    for name, call in calls.items():
        others = [each for each in calls.values() if isinstance(each, Explained) and each is not call]
        yield function_report(call, name, others=others)


def _rules_of_data() -> list[Rule]:
    return [rule for rule in RULES.values() if _is_of_data(rule)]


def _is_of_data(rule: Rule) -> bool:
    """Whether a rule reads only data; rules over shapes or infinities also read the output."""
    return rule.id not in LEFT_TO_FUNCTIONS and not any(need.of_loss for need in rule.needs)


def _calls(functions: Mapping[str, Callable[..., Any]], step_stream: TensorDictBase, out: TensorDictBase) -> Calls:
    calls: Calls = {}
    for name, function in functions.items():
        try:
            calls[name] = explain(function, *to_function_shape(step_stream, out))
        except CALL_ERRORS as error:
            calls[name] = str(error)
    return calls


def _losses(case: Case, calls: Calls) -> tuple[dict[str, LossPlaces], dict[str, dict[str, int]]]:
    """Places of each loss that runs on the block, and why the others do not."""
    found: dict[str, LossPlaces] = {}
    missing: dict[str, dict[str, int]] = {}
    for name in case.configs:
        try:
            evaluation = case.evaluation(name)
        except RuleSkipped as reason:
            missing[name] = {f"it needs {reason}": 1}
        else:
            found[name] = places_of(evaluation)
    for name, call in calls.items():
        if isinstance(call, str):
            missing[name] = {call: 1}
        elif (values := call.traced.contributions.values) is None:
            missing[name] = {str(call.traced.contributions.reason): 1}
        else:
            found[name] = LossPlaces(values)
    return found, missing
