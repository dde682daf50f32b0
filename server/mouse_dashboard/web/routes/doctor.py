"""The doctor: what it looks for, and what it finds in a batch."""

from fastapi import APIRouter, Request, Response

from mouse.diagnosis import CATALOGUE
from mouse_dashboard.compute.configs import require_configs
from mouse_dashboard.doctor.examination import examination
from mouse_dashboard.doctor.models import DoctorReport, DoctorRequest, RuleList, report_info, rule_info
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.routes.batches import BatchId
from mouse_dashboard.web.run_on_batch import as_json

router = APIRouter(tags=["doctor"])


@router.get("/rules", response_model=RuleList)
def list_rules() -> Response:
    """Everything that the doctor looks for."""
    return as_json(RuleList(rules=[rule_info(rule) for rule in CATALOGUE.values()]))


@router.post("/batches/{batch_id}/doctor", response_model=DoctorReport)
async def examine_batch(batch_id: BatchId, body: DoctorRequest, request: Request, runner: RunnerDep) -> Response:
    """Look for the known ways in which a loss goes wrong, in a batch under these configs."""
    configs = require_configs(body.configs, runner.losses)
    return await runner.run(
        request, batch_id, lambda context: report_info(examination(context), context.batch.shape), configs
    )
