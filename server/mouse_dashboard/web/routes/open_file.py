"""Download of an already open file, which a concurrent deletion does not disturb."""

import os
from typing import BinaryIO

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mouse_dashboard.exports.file_names import attachment
from mouse_dashboard.store.receiving import BLOCK

OCTETS = "application/octet-stream"


class OpenFileResponse(StreamingResponse):
    """Sends an open file, and closes it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        size = os.fstat(file.fileno()).st_size
        headers = attachment(name) | {"Content-Length": str(size)}
        super().__init__(iter(lambda: file.read(BLOCK), b""), 200, headers, OCTETS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        with self._file:
            await super().__call__(scope, receive, send)
