"""Files of torch.save, opened with weights_only=True: a tensor, or nested dicts and TensorDicts of tensors."""

from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast

import torch
from tensordict import TensorDictBase
from torch import Tensor
from torch.torch_version import TorchVersion

from mouse_dashboard.reading.declared_fields import DeclaredField, check_declared
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.item_types import TORCH
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import BLOCK, write_fields
from mouse_dashboard.schema.errors import ApiError

MAX_DEPTH = 16
SAFE_SINCE = TorchVersion("2.10")
"""Before, weights_only=True could be got around (CVE-2025-32434, CVE-2026-24747)."""
ALONE, NESTED = "tensor", "nested"
"""Layouts; a tensor alone is the field of that name too."""


def read(received: Path, target: Path, limits: FileLimits) -> ReadSummary:
    """Convert the tensors of a file.

    Raises:
        ApiError: 413, 415 or 422 that says what is wrong.
    """
    _check_version()
    notes = Notes()
    found = _load(received)
    fields = list(_leaves(found if isinstance(found, dict | TensorDictBase) else {ALONE: found}, "", 0, notes))
    notes.require(fields)
    declared = [DeclaredField(name, TORCH[str(value.dtype)], tuple(value.shape)) for name, value in fields]
    check_declared(declared, received.stat().st_size, limits)
    write_fields(target, [(field, _blocks(value)) for field, (_, value) in zip(declared, fields, strict=True)])
    layout = ALONE if isinstance(found, Tensor) else NESTED
    return ReadSummary(notes=notes.sentences(), layout=layout, names={name: [name] for name, _ in fields})


def _check_version() -> None:
    if TorchVersion(torch.__version__) < SAFE_SINCE:
        found = f"found a pickle (.pt) and torch {torch.__version__}, expected torch {SAFE_SINCE} or newer to open it"
        raise ApiError(415, "pickle", f"file: {found}; convert the file to .safetensors, or update torch.", "file")


def _load(received: Path) -> Any:
    try:
        return torch.load(received, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        fix = "save a dict of plain tensors"
        raise invalid_file("a pickle with more in it than torch opens safely", "tensors in dicts", fix) from error


def _leaves(found: Any, prefix: str, depth: int, notes: Notes) -> Iterator[tuple[str, Tensor]]:
    if depth > MAX_DEPTH:
        raise invalid_file("dicts nested too deep", f"at most {MAX_DEPTH} levels", "flatten them")
    for key, value in cast("dict[object, object]", found).items():
        name = f"{prefix}{key}"
        if isinstance(value, dict | TensorDictBase):
            yield from _leaves(value, f"{name}.", depth + 1, notes)
        elif not isinstance(value, Tensor):
            notes.add("Dropped, not a tensor", name)
        elif value.layout is not torch.strided or value.is_meta or str(value.dtype) not in TORCH:
            notes.add(f"Dropped, a tensor of {value.dtype} and {value.layout}", name)
        else:
            yield name, value.detach()


def _blocks(value: Tensor) -> Iterator[bytes]:
    """Parts along the first dimension: strides may repeat what the file holds once."""
    if value.numel():
        rows = value.reshape(1) if value.dim() == 0 else value
        step = max(1, BLOCK * len(rows) // (value.numel() * value.element_size()))
        for start in range(0, len(rows), step):
            yield rows[start : start + step].contiguous().view(torch.uint8).numpy().tobytes()
