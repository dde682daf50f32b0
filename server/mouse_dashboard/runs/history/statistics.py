"""Statistics of a snapshot for the rules over a run: a few numbers and its findings."""

import re
from collections.abc import Iterator, Mapping
from typing import TypedDict

from torch import Tensor

from mouse.diagnosis import Report
from mouse.diagnosis.case import Case
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.errors import BatchError, MissingFieldError
from mouse.losses import HEADS
from mouse.losses.softmax import relative_entropy
from mouse.non_finite import spell
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.functions.function_loss import FunctionFailedError
from mouse_dashboard.compute.gradients import with_gradient
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.doctor.examination import StoredCase
from mouse_dashboard.evaluate.batch_evaluation import BatchEvaluation
from mouse_dashboard.runs.history.fingerprint import Fingerprint, fingerprint

LEAST_COUNT = 8
"""Rewards, episodes or ends that a number of them needs."""
LOGGED = re.compile(r"loss|entropy|td_?error|grad\w*norm", re.IGNORECASE)
"""Metrics that say by their names what they are."""
TERMS = re.compile(r"td_?error|entropy", re.IGNORECASE)


class Statistics(TypedDict):
    """Of one snapshot."""

    series: dict[str, float | str]
    """Numbers by the key of their series; what is not finite is spelt out."""
    findings: dict[str, tuple[str, str]]
    """Severity and message of the worst error or warning of each rule."""
    skipped: list[str]
    """Rules that could not run."""
    heads: dict[str, Fingerprint]
    """Target heads, each against its online head."""


def statistics_of(evaluation: BatchEvaluation, report: Report, metrics: Mapping[str, float | str]) -> Statistics:
    """Compute the statistics of an evaluated and examined snapshot.

    Raises:
        ClientGoneError: nobody wants it any more.
        ApiError: time is up.
    """
    context = evaluation.context
    case = StoredCase(context)
    series = dict(_of_data(case)) | dict(_of_losses(evaluation))
    series |= {f"metric.{name}": float(value) for name, value in metrics.items() if LOGGED.search(name)}
    bad = [finding for finding in report if finding.severity != "info"]
    return Statistics(
        series={name: spell(value) for name, value in series.items()},
        findings={each.rule: (each.severity, each.message) for each in reversed(bad)},
        skipped=[each.rule for each in report.not_checked],
        heads={
            name: fingerprint(case, name, f"{name}_target")
            for name in HEADS
            if case.optional(name) is not None and case.optional(f"{name}_target") is not None
        },
    )


def _of_data(case: Case) -> Iterator[tuple[str, float]]:
    for name in ("reward", "xformed_reward"):
        reward = case.optional(name)
        if reward is not None:
            paid = reward[reward != 0].double().abs()
            yield f"{name}.paid", float((reward != 0).double().mean())
            if len(paid) >= LEAST_COUNT:
                yield f"{name}.size", float(paid.log().mean().exp())
    done = case.optional("done")
    if done is None:
        return
    ends = int((done != 0).sum())
    yield "episode.end", ends / done.numel()
    if ends >= LEAST_COUNT:
        yield "episode.truncated", float((done[done != 0] == 2).double().mean())
    try:
        lengths = case.episodes.lengths.double()
    except RuleSkipped:
        return
    if len(lengths) >= LEAST_COUNT:
        yield "episode.length", float(lengths.log().mean().exp())


def _of_losses(evaluation: BatchEvaluation) -> Iterator[tuple[str, float]]:
    for name in evaluation.outcomes:
        evaluated = evaluation.evaluated(name)
        if evaluated is None:
            continue
        yield f"loss.{name}", float(evaluated.mean)
        for info in evaluation.context.loss(name).term_infos:
            values = evaluated.values(info, 0) if len(info.dims) == 2 and TERMS.search(info.name) else None
            if values is not None and values.is_floating_point() and values.numel():
                kind = "entropy" if "entropy" in info.name.lower() else "td_error"
                yield f"{kind}.{name}", _mean(values) if kind == "entropy" else _size(values)
        norm = _gradient_norm(evaluation.context, name, evaluated)
        if norm is not None:
            yield f"gradient.{name}", norm
    if "sp" in evaluation.outcomes:
        yield from _of_policy(StoredCase(evaluation.context).optional("sp"))


def _of_policy(logits: Tensor | None) -> Iterator[tuple[str, float]]:
    if logits is not None:
        valid = logits.isfinite()
        log_p = logits.double().log_softmax(-1).masked_fill(~valid, 0)
        yield "entropy.sp", _mean(relative_entropy(log_p, valid)[valid.sum(-1) > 1])


def _gradient_norm(context: EvaluationContext, name: str, evaluated: LossEvaluation) -> float | None:
    try:
        return with_gradient(evaluated, context.job(name), context.cache, context.token).gradient_norm
    except (BatchError, MissingFieldError, FunctionFailedError):
        return None


def _size(values: Tensor) -> float:
    """Root mean square."""
    return float(values.detach().double().square().mean().sqrt())


def _mean(values: Tensor) -> float:
    return float(values.detach().double().mean()) if values.numel() else float("nan")
