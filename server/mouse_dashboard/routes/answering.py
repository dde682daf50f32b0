"""How a route answers with work on a batch: in a thread, within its limits, and nothing kept of a deleted batch."""

from collections.abc import Callable

from fastapi import Request, Response
from pydantic import BaseModel

from mouse_dashboard.case import Batch
from mouse_dashboard.work import AbandonedError, Ticket, in_thread


async def answer(request: Request, batch_id: str, respond: Callable[[Batch, Ticket], Response]) -> Response:
    """Open the batch and respond, beside the event loop.

    Raises:
        ApiError: 404, or whatever `respond` raises.
    """
    state = request.app.state

    def work(ticket: Ticket) -> Response:
        ticket.check()
        batch = Batch(batch_id, *state.store.open(batch_id))
        try:
            return respond(batch, ticket)
        finally:
            if not state.store.has(batch_id):  # deleted meanwhile: what was kept of it would hold its file
                state.evaluator.kept.forget(batch_id)

    try:
        return await in_thread(request, state.settings.time_limit_seconds, state.evaluations_at_once, work)
    except AbandonedError:
        return Response(status_code=499)  # nobody reads it


def as_json(model: BaseModel) -> Response:
    """Models are written out by pydantic itself: FastAPI's own encoder would turn NaN into null."""
    return Response(model.model_dump_json(), media_type="application/json")
