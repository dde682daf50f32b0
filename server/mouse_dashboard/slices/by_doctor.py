"""Classes of transitions by what a rule of the doctor found under the configs."""

from collections.abc import Mapping

import torch

from mouse.diagnosis import RULES
from mouse.losses.config import LossConfig
from mouse_dashboard.case import Batch
from mouse_dashboard.doctor.examination import examination
from mouse_dashboard.doctor.transitions import transitions_of
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.requests import SliceRequest
from mouse_dashboard.slices.grouping import DOCTOR, Grouping
from mouse_dashboard.work import Ticket


def groupings_for(
    request: SliceRequest | None,
    batch: Batch,
    configs: Mapping[str, LossConfig],
    evaluator: Evaluator,
    ticket: Ticket,
) -> Mapping[str, Grouping]:
    """Every grouping of a batch; with that of the doctor where it is asked for, as far as the rule asked for goes."""
    known = evaluator.groupings(batch)
    if request is None or request.by != DOCTOR:
        return known
    index = torch.full(batch.shape, -1, dtype=torch.int16)
    for rule in list(RULES)[request.value : request.value + 1]:
        for finding in examination(batch, configs, evaluator.kept, ticket, rule):
            index[transitions_of(finding, batch.shape)] = request.value
    return {**known, DOCTOR: Grouping(DOCTOR, tuple(f"found by {rule}" for rule in RULES), index)}
