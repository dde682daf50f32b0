"""Pickles are never opened: what torch.save writes is recognised, and the way to convert it is told."""

from collections.abc import Sequence

from server.errors import ApiError

CONVERT = (
    'if you trust it, convert it where it was made: python -c "import torch, mouse.batch as m; '
    "d = torch.load('batch.pt', weights_only=False); m.save_batch('batch.safetensors', d['step_stream'], d['out'])\""
)


def refuse_torch_zip(names: Sequence[str]) -> None:
    """Refuse a zip whose members are those of torch.save or TorchScript.

    Raises:
        ApiError: 415 with the line that converts such a file.
    """
    if any(name.endswith((".pkl", ".pickle")) or "/code/" in name for name in names):
        raise pickle_found()


def pickle_found() -> ApiError:
    """The answer to any pickle."""
    return ApiError(
        415,
        "pickle",
        f"file: found a pickle (.pt), which could run any code, expected .safetensors or .npz; {CONVERT}.",
        "file",
    )
