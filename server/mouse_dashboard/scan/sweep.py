"""Sweep one or two config fields over several values: a curve or a grid over the whole dataset."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from mouse.diagnosis import RULES, Thresholds
from mouse.diagnosis.case import Case
from mouse.diagnosis.examine import report_on
from mouse.diagnosis.rule_skipped import RuleSkipped
from mouse.losses.config import LossConfig
from mouse.losses.loss import AnyLoss
from mouse_dashboard.scan.distribution import Distribution
from mouse_dashboard.scan.numbers import metrics_of, places_of
from mouse_dashboard.scan.summary import MetricTotal, SweepPoint
from mouse_dashboard.schema.errors import ApiError

MOST_FIELDS = 2
MOST_POINTS = 400
StageOne = dict[tuple[str, tuple[tuple[str, bool], ...]], Any]
"""Stage 1 by loss and by what a config asks of it: the points of a sweep share it."""


class SharedInputsCase(Case):
    """A case under one of several configs that shares stage 1 with the others."""

    stage_one: StageOne

    def inputs(self, loss: AnyLoss, cfg: LossConfig, rows: slice | None = None) -> Any:
        """Stage 1 of the loss, computed once for all configs that need the same parts of it."""
        if rows is not None:
            return super().inputs(loss, cfg, rows)
        key = loss.name, tuple(sorted(loss.stage_options(cfg).items()))
        if key not in self.stage_one:
            self.stage_one[key] = super().inputs(loss, cfg)
        return self.stage_one[key]


def points_of(sweeps: Sequence[str], configs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Configs of the swept losses at every point, by label, such as ``dqn.gamma=0.9``.

    Raises:
        ApiError: 422, an invalid sweep, a duplicate field, too many fields or too many points.
    """
    axes = [_axis(text, configs) for text in sweeps]
    if len(axes) > MOST_FIELDS:
        raise ApiError(422, "invalid_sweep", f"--sweep: found {len(axes)} fields, expected at most {MOST_FIELDS}.")
    fields = [field for field, _values in axes]
    if len({*fields}) < len(fields):
        message = f"--sweep: found {fields[0]} twice, expected two fields; name all its values at once."
        raise ApiError(422, "invalid_sweep", message)
    _check_count(prod(len(values) for _field, values in axes))
    points: dict[str, dict[str, dict[str, Any]]] = {}
    for values in product(*(values for _field, values in axes)) if axes else ():
        at: dict[str, dict[str, Any]] = {}
        for where, value in zip(fields, values, strict=True):
            loss, _, field = where.partition(".")
            at[loss] = {**at.get(loss, configs[loss]), field: value}
        points[" ".join(f"{where}={value!r}" for where, value in zip(fields, values, strict=True))] = at
    return points


def _check_count(points: int) -> None:
    if points > MOST_POINTS:
        raise ApiError(422, "invalid_sweep", f"--sweep: found {points} points, expected at most {MOST_POINTS}.")


def evaluate_sweep(
    case: Case, points: Mapping[str, Mapping[str, LossConfig]], stage_one: StageOne
) -> dict[str, SweepPoint]:
    """Losses and findings of a block at every point; a loss that does not run at a point is left out."""
    found: dict[str, SweepPoint] = {}
    for point, configs in points.items():
        at = SharedInputsCase(case.step_stream, case.out, configs, Thresholds())
        at.stage_one = stage_one
        losses, metrics = dict[str, Distribution](), dict[str, MetricTotal]()
        for name in configs:
            try:
                evaluation = at.evaluation(name)
            except RuleSkipped:
                continue
            losses[name] = places_of(evaluation).distribution
            metrics |= metrics_of(evaluation)
        report = report_on(at, (rule for rule in RULES.values() if any(need.of_loss for need in rule.needs)))
        findings = {finding.rule: 1 for finding in report if finding.severity != "info"}
        found[point] = SweepPoint(losses, metrics, findings)
    return found


def _axis(text: str, configs: Mapping[str, Mapping[str, Any]]) -> tuple[str, list[float]]:
    """A field, such as ``dqn.gamma``, and its values."""
    where, equals, values = text.partition("=")
    loss, _, field = where.partition(".")
    if not equals or loss not in configs or field not in configs[loss]:
        fields = [f"{name}.{each}" for name, config in configs.items() for each in config]
        message = f"--sweep {text[:60]}: found none that is known, expected a field of {', '.join(fields)}."
        raise ApiError(422, "invalid_sweep", message)
    try:
        found = _evenly(values) if ":" in values else [float(value) for value in values.split(",")]
    except ValueError as error:
        expected = "FIRST:LAST:COUNT or values with commas"
        raise ApiError(
            422, "invalid_sweep", f"--sweep {text[:60]}: found {values[:40]!r}, expected {expected}."
        ) from error
    return where, found


def _evenly(text: str) -> list[float]:
    """Evenly spaced values, rounded to 12 digits: 0.97425, not 0.9742500000000001."""
    first, last, number = text.split(":")
    if (count := int(number)) < 1:
        raise ValueError
    _check_count(count)
    with np.errstate(all="ignore"):  # the config refuses what is not finite
        return [float(f"{value:.12g}") for value in np.linspace(float(first), float(last), count)]
