"""The doctor: what it looks for, and what it finds in a batch."""

from fastapi import APIRouter, Request, Response

from mouse.diagnosis import RULES
from mouse_dashboard.case import Batch
from mouse_dashboard.doctor.examination import examination
from mouse_dashboard.doctor.models import DoctorReport, DoctorRequest, RuleList, report_info, rule_info
from mouse_dashboard.evaluation import Evaluator
from mouse_dashboard.routes.answering import answer, as_json
from mouse_dashboard.routes.batches import BatchId
from mouse_dashboard.viewed import given
from mouse_dashboard.work import Ticket

router = APIRouter(tags=["doctor"])


@router.get("/rules", response_model=RuleList)
def list_rules() -> Response:
    """Everything that the doctor looks for."""
    return as_json(RuleList(rules=[rule_info(rule) for rule in RULES.values()]))


@router.post("/batches/{batch_id}/doctor", response_model=DoctorReport)
async def examine_batch(batch_id: BatchId, body: DoctorRequest, request: Request) -> Response:
    """Look for the known ways in which a loss goes wrong, in a batch under these configs."""
    evaluator: Evaluator = request.app.state.evaluator

    def respond(batch: Batch, ticket: Ticket) -> Response:
        report = examination(batch, given(body.configs), evaluator.kept, ticket)
        return as_json(report_info(report, batch.shape))

    return await answer(request, batch_id, respond)
