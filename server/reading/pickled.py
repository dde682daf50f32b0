"""Pickles are never opened: what torch.save writes is recognised, and the way to convert it is told."""

import os
from pathlib import Path

from server.errors import ApiError

LOOKED_AT = 1 << 12
CONVERT = (
    'if you trust it, convert it where it was made: python -c "import torch, mouse.batch as m; '
    "d = torch.load('batch.pt', weights_only=False); m.save_batch('batch.safetensors', d['step_stream'], d['out'])\""
)


def refuse_torch_zip(path: Path) -> None:
    """Refuse what torch.save and TorchScript write; their pickle is named at the start and in the list at the end.

    Raises:
        ApiError: 415 with the line that converts such a file.
    """
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOOKED_AT))
        if b"/data.pkl" in head + file.read():
            raise pickle_found()


def pickle_found() -> ApiError:
    """The answer to any pickle."""
    return ApiError(
        415,
        "pickle",
        f"file: found a pickle (.pt), which could run any code, expected .safetensors or .npz; {CONVERT}.",
        "file",
    )
