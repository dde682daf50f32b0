"""HDF5: numeric datasets, flat as in D4RL, or one group per episode as in Minari and others."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import h5py

from mouse_dashboard.reading.declared_fields import DeclaredField, check_declared
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.sandbox.datasets import (
    Field,
    GroupWalk,
    attribute,
    attributes_in,
    blocks_of,
    dataset_path,
    datasets_in,
)
from mouse_dashboard.reading.sandbox.episodes import Episode, episodes_in, join_episodes
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import write_fields

MAX_ATTRIBUTES = 64
TRUNCATED = "truncated file"
"""What HDF5 itself says of a file that is shorter than its header tells."""


def read(received: Path, target: Path, limits: FileLimits) -> ReadSummary:
    """Convert the datasets of a file.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    notes = Notes()
    with _opened(received) as file:
        episodes = episodes_in(file)
        walk = GroupWalk(notes)
        fields = list(join_episodes(file, episodes, walk) if episodes else _flat(file, walk))
        notes.require(fields)
        check_declared([field.declared for field in fields], received.stat().st_size, limits)
        write_fields(target, [(field.declared, field.blocks) for field in fields])
    return ReadSummary(
        notes=notes.sentences(),
        layout=_layout(episodes),
        names={field.declared.name: field.names for field in fields},
        folder="" if not episodes or episodes[0].group is None else episodes[0].group.rstrip("0123456789"),
    )


def _opened(received: Path) -> Any:
    try:
        return h5py.File(received, "r", locking=False)
    except OSError as error:
        if TRUNCATED not in str(error):
            raise
        size = received.stat().st_size
        raise invalid_file(f"{size} bytes", "more, as its header says", "send the whole file") from error


def _layout(episodes: list[Episode]) -> str:
    if not episodes:
        return "flat"
    return "numbered" if episodes[0].group is None else "episodes"


def _flat(file: Any, walk: GroupWalk) -> Iterator[Field]:
    """Every dataset, and numeric attributes."""
    names: set[str] = set()
    for path, dataset in datasets_in(file, walk):
        declared = DeclaredField(".".join(path), dataset.dtype, dataset.shape)
        names.add(declared.name)
        yield Field(declared, blocks_of(file, dataset_path(path)), [dataset_path(path)])
    if names:
        for path, header in islice(attributes_in(file, GroupWalk(Notes())), MAX_ATTRIBUTES):
            declared = DeclaredField(".".join(path), header.dtype, header.shape)
            if declared.name not in names:
                yield Field(declared, [attribute(file, path).tobytes()], [dataset_path(path[:-1]) or "/", path[-1]])
