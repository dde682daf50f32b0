"""HDF5: datasets of numbers, flat as D4RL stores them, or a group per episode as Minari does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from mouse_dashboard.reading.confined.datasets import Field, Walk, blocks_of, datasets_in, place
from mouse_dashboard.reading.confined.episodes import episodes_in, joined
from mouse_dashboard.reading.confined.worker_result import ReadSummary
from mouse_dashboard.reading.declared import Declared, check_declared
from mouse_dashboard.reading.fields import Limits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.writing import write_fields


def read(received: Path, target: Path, limits: Limits) -> ReadSummary:
    """Convert the datasets of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    notes = Notes()
    with h5py.File(received, "r", locking=False) as file:
        episodes = episodes_in(file)
        walk = Walk(notes)
        fields = list(joined(file, episodes, walk) if episodes else _flat(file, walk))
        check_declared([field.declared for field in fields], received.stat().st_size, limits)
        write_fields(target, [(field.declared, field.blocks) for field in fields])
    names = {field.declared.name: field.names for field in fields}
    return ReadSummary(notes=notes.sentences(), layout="episodes" if episodes else "flat", names=names)


def _flat(file: Any, walk: Walk) -> Iterator[Field]:
    for path, dataset in datasets_in(file, walk):
        declared = Declared(".".join(path), dataset.dtype, dataset.shape)
        yield Field(declared, blocks_of(file, place(path)), [place(path)])
