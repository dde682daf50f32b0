"""The doctor: what it looks for, and what it finds in a batch."""

from fastapi import APIRouter, Request, Response

from mouse.diagnosis import RULES
from server.case import Batch
from server.doctor.examination import examination
from server.doctor.models import DoctorReport, DoctorRequest, RuleList, report_info, rule_info
from server.evaluation import Evaluator
from server.routes.answering import answer, as_json
from server.routes.batches import BatchId
from server.viewed import given
from server.work import Ticket

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
