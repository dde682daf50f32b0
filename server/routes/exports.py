"""What leaves the dashboard: the screen as a script, every term as a file."""

from fastapi import APIRouter, Request

from server.export_models import Script, ScriptRequest
from server.file_names import batch_file
from server.routes.batches import BatchId
from server.script import script
from server.viewed import given

router = APIRouter(tags=["exports"])


@router.post("/batches/{batch_id}/script")
def copy_as_python(batch_id: BatchId, body: ScriptRequest, request: Request) -> Script:
    """Write a Python script that loads the downloaded batch and prints what the dashboard shows of these configs."""
    name = request.app.state.store.info(batch_id).name
    return Script(text=script(batch_file(name), given(body.configs), body.loss))
