"""Write an upload stream to a file and hash it, block by block, off the event loop."""

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from anyio.to_thread import run_sync

from mouse_dashboard.reading import HEAD_BYTES, FileLimits, check_format
from mouse_dashboard.reading.formats import Format
from mouse_dashboard.schema.errors import too_large

BLOCK = 1 << 20


class Digest(Protocol):
    """The type of hashlib objects, which has no public name."""

    def update(self, data: bytearray, /) -> None:
        """Hash a block."""
        ...


async def receive_file(
    stream: AsyncIterator[bytes], path: Path, limits: FileLimits, admit: Callable[[Format], None]
) -> tuple[str, Format]:
    """Write the stream to `path` and return its sha256 and its format, which `admit` may refuse.

    At most a block and a chunk of it are in memory.

    Raises:
        ApiError: 413 over the cap, 415 as soon as the first bytes tell that no reader takes it.
    """
    digest = hashlib.sha256()
    size = 0
    block = bytearray()
    found: Format | None = None
    with path.open("wb") as file:
        async for chunk in stream:
            size += len(chunk)
            if size > limits.max_bytes:
                raise too_large(limits.max_bytes)
            block += chunk
            if len(block) >= BLOCK:
                if found is None:
                    admit(found := check_format(bytes(block[:HEAD_BYTES]), limits))
                await run_sync(_write, file, digest, block)
                block = bytearray()
        if found is None:
            admit(found := check_format(bytes(block[:HEAD_BYTES]), limits))
        await run_sync(_write, file, digest, block)
    return digest.hexdigest(), found


async def blocks_of(file: Path) -> AsyncIterator[bytes]:
    """A local file as a stream."""
    with file.open("rb") as handle:
        while block := await run_sync(handle.read, BLOCK):
            yield block


def sha256_of(file: Path) -> str:
    """What `receive_file` would return of a file, without a copy of it."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write(file: BinaryIO, digest: Digest, block: bytearray) -> None:
    digest.update(block)
    file.write(block)
