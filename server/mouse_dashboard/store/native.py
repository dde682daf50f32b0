"""Whether a file is a native batch, or needs a mapping."""

from pathlib import Path

from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]

from mouse.batch import is_saved_batch, load_batch
from mouse.errors import BatchError, MissingFieldError
from mouse.mapping import detect


def is_native(path: Path) -> bool:
    """Whether a safetensors file is a native batch: written by save_batch, or with mouse's own names and types.

    Raises:
        BatchError: (a ValueError) a file of save_batch that is no batch.
        MissingFieldError: (a KeyError) a file of save_batch that is no batch.
    """
    ours = is_saved_batch(path)
    try:
        load_batch(path)
    except (BatchError, MissingFieldError):
        if ours:
            raise
        return False
    fields = load_file(path)
    return ours or detect(fields).is_batch(fields)
