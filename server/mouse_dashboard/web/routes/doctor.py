"""The doctor: its rules, and its report on a batch."""

from fastapi import APIRouter, Request, Response

from mouse.diagnosis import CATALOGUE
from mouse_dashboard.compute.configs import require_configs
from mouse_dashboard.doctor.examination import examine_stored_batch
from mouse_dashboard.doctor.models import DoctorReport, DoctorRequest, RuleList, report_info, rule_info
from mouse_dashboard.web.deps import RunnerDep
from mouse_dashboard.web.routes.batches import BatchId
from mouse_dashboard.web.run_on_batch import json_response

router = APIRouter(tags=["doctor"])


@router.get("/rules", response_model=RuleList)
def list_rules() -> Response:
    """List all rules of the doctor."""
    return json_response(RuleList(rules=[rule_info(rule) for rule in CATALOGUE.values()]))


@router.post("/batches/{batch_id}/doctor", response_model=DoctorReport)
async def examine_batch(batch_id: BatchId, body: DoctorRequest, request: Request, runner: RunnerDep) -> Response:
    """Run the doctor on a batch under these configs."""
    configs = require_configs(body.configs, runner.losses)
    return await runner.run(
        request, batch_id, lambda context: report_info(examine_stored_batch(context), context.batch.shape), configs
    )
