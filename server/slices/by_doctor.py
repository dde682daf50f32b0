"""Classes of transitions by what a rule of the doctor found under the configs."""

from collections.abc import Mapping

import torch

from mouse.diagnosis import RULES
from mouse.losses.config import LossConfig
from server.case import Batch
from server.doctor.examination import examination
from server.doctor.transitions import transitions_of
from server.evaluation import Evaluator
from server.requests import SliceRequest
from server.slices.grouping import DOCTOR, Grouping
from server.work import Ticket


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
