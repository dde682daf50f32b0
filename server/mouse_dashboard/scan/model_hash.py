"""A hash that distinguishes models behind the same file and function, such as a later checkpoint."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from mouse.errors import BatchError, MissingFieldError
from mouse.losses.fields import names
from mouse_dashboard.scan.shard import BatchParts, Chunk
from mouse_dashboard.scan.source import Source, fetch
from mouse_dashboard.scan.task import Request, cached_model, open_for_scan
from mouse_dashboard.schema.errors import ApiError


def model_hash(request: Request, sources: Sequence[Source]) -> str:
    """Hash the model's output on the first sequence of the first readable shard.

    A checkpoint is read by code of the user's own, from where only that knows: its file cannot be looked at.
    """
    with_model = cached_model(request.model or "")
    for source in sources:
        with TemporaryDirectory(prefix="mouse-scan-") as scratch:
            try:
                shard = open_for_scan(request, source, fetch(source, Path(scratch)), Path(scratch))
                chunk = shard.open(shard.chunks[0])
            except (ApiError, BatchError, MissingFieldError, OSError):
                continue
            return _mark(chunk, with_model)
    return ""


def _mark(chunk: Chunk, with_model: Callable[[BatchParts], BatchParts]) -> str:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # a model that draws is the same model each time
        try:
            _, out = with_model(chunk.take(0, 1))
        except (BatchError, MissingFieldError):
            return ""  # each shard says so of itself
    digest = hashlib.sha256()
    for name in sorted(names(out)):
        digest.update(name.encode())
        digest.update(out[name].contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
