"""Arrays of a library's layout as the files that it writes."""

import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from tests.recordings.layouts import Fields

arrow: Any = pa
parquet_io: Any = pq
h5: Any = h5py


def tensors(fields: Fields) -> dict[str, Tensor]:
    """Fields as a reader of mouse hands them on."""
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in fields.items()}  # pyright: ignore[reportUnknownMemberType]


def npz(path: Path, fields: Fields) -> Path:
    """NumPy's archive."""
    file = io.BytesIO()
    arrays: Any = fields
    np.savez(file, **arrays)
    path.write_bytes(file.getvalue())
    return path


def hdf5(path: Path, fields: Fields, *, separator: str = "/", attributes: tuple[str, ...] = ()) -> Path:
    """HDF5: names are split into groups at the separator; some single numbers may be attributes of the file."""
    with h5.File(path, "w") as file:
        for name, value in fields.items():
            if name in attributes:
                file.attrs[name] = value
            else:
                file[name.replace(separator, "/")] = value
    return path


def parquet(path: Path, fields: Fields) -> Path:
    """Parquet: a row a step, lists where a field has several numbers."""
    parquet_io.write_table(arrow.table({name: value.tolist() for name, value in fields.items()}), path)
    return path


def episodes_as_lists(path: Path, episodes: list[Fields]) -> Path:
    """Parquet: a row an episode, a list of steps in each field."""
    columns = {name: [episode[name].tolist() for episode in episodes] for name in episodes[0]}
    parquet_io.write_table(arrow.table(columns), path)
    return path


def json_lines(path: Path, fields: Fields, lines: int) -> Path:
    """JSON lines: an object a line, each of some of the rows one after the other."""
    rows = np.array_split(np.arange(len(next(iter(fields.values())))), lines)
    objects = [{name: value[part].tolist() for name, value in fields.items()} for part in rows]
    path.write_text("".join(json.dumps(one) + "\n" for one in objects))
    return path
