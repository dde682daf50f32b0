"""What torch.save writes is a pickle: refused with the way to convert it, unless the operator lets torch open it."""

import os
from pathlib import Path

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.confined.run import read_confined
from mouse_dashboard.reading.fields import Fields, Limits
from mouse_dashboard.reading.formats import ACCEPTED
from mouse_dashboard.reading.snippets import torch_snippet
from mouse_dashboard.schema.errors import ApiError

LOOKED_AT = 1 << 12
CONVERT = (
    'if you trust it, convert it where it was made: python -c "import torch, mouse.batch as m; '
    "d = torch.load('batch.pt', weights_only=False); m.save_batch('batch.safetensors', d['step_stream'], d['out'])\""
)


def is_torch_zip(path: Path) -> bool:
    """Whether torch.save or TorchScript wrote a zip; their pickle is named at the start and in the list at the end."""
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
        file.seek(max(0, file.seek(0, os.SEEK_END) - LOOKED_AT))
        return b"/data.pkl" in head + file.read()


def read_torch(received: Path, name: str, target: Path, limits: Limits, cancellation: Cancellation) -> Fields:
    """Let torch open a file of its own in a confined process, with weights_only=True, where the operator allows that.

    Raises:
        ApiError: 415 with the line that converts such a file, else 413 or 422 that says what is wrong.
    """
    if not limits.allow_pt:
        raise pickle_found()
    summary = read_confined("mouse_dashboard.reading.confined.torch_file", received, target, limits, cancellation)
    return Fields(target, tuple(summary.notes), torch_snippet(name, summary))


def pickle_found() -> ApiError:
    """The answer to any pickle that may not be opened."""
    return ApiError(
        415,
        "pickle",
        f"file: found a pickle (.pt), which could run any code, {ACCEPTED}; {CONVERT}; "
        "or let torch open it, tensors alone: start the dashboard with --allow-pt or MOUSE_ALLOW_PT=1.",
        "file",
    )
