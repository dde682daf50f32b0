"""Groupings of a batch, including transitions by what a doctor rule found under the configs."""

from collections.abc import Mapping

import torch

from mouse.diagnosis import CATALOGUE, RULES
from mouse_dashboard.compute.context import EvaluationContext
from mouse_dashboard.compute.slices.grouping import DOCTOR, Grouping
from mouse_dashboard.doctor.examination import examine_stored_batch
from mouse_dashboard.doctor.transitions import transitions_of
from mouse_dashboard.schema.requests import SliceRequest


def groupings_for(request: SliceRequest | None, context: EvaluationContext) -> Mapping[str, Grouping]:
    """Every grouping of a batch; includes the doctor's for the requested rule, if a request asks for it."""
    known = context.evaluator.groupings(context.batch)
    if request is None or request.by != DOCTOR:
        return known
    index = torch.full(context.batch.shape, -1, dtype=torch.int16)
    for rule in list(CATALOGUE)[request.value : request.value + 1]:
        report = examine_stored_batch(context, rule if rule in RULES else None)
        for finding in report:
            if finding.rule == rule:
                index[transitions_of(finding, context.batch.shape)] = request.value
    return {**known, DOCTOR: Grouping(DOCTOR, tuple(f"found by {rule}" for rule in CATALOGUE), index)}
