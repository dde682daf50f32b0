"""Stream run events as server-sent events: FastAPI's own stream sends them singly, through two queues and a timer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pydantic import TypeAdapter
from starlette.responses import StreamingResponse

from mouse_dashboard.runs.events import Events
from mouse_dashboard.runs.models import Event
from mouse_dashboard.web.openapi import REFERENCE

SECONDS_TO_COMMENT = 15.0
"""A comment is sent after so long without an event, or a proxy takes the connection for dead."""
COMMENT = b": nothing new\n\n"
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Nothing on the way may hold events back; the second is for nginx."""
MEDIA_TYPE = "text/event-stream"


def stream(events: Events) -> StreamingResponse:
    """Stream every event from now on, all waiting ones at a time."""
    return StreamingResponse(_chunks(events), media_type=MEDIA_TYPE, headers=UNBUFFERED)


async def _chunks(events: Events) -> AsyncGenerator[bytes]:
    async with aclosing(events.listen_in_chunks(SECONDS_TO_COMMENT)) as chunks:
        async for messages in chunks:
            yield b"".join(message.encoded for message in messages) or COMMENT


def _item_schema() -> dict[str, Any]:
    """The OpenAPI 3.2 schema of a stream event."""
    event = TypeAdapter[Any](Event).json_schema(ref_template=REFERENCE)
    content = {name: value for name, value in event.items() if name != "$defs"}
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": content}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


EVENT_STREAM: dict[str, Any] = {
    "description": "Events as they come.",
    "content": {MEDIA_TYPE: {"itemSchema": _item_schema()}},
}
"""The response in the schema of the service."""
