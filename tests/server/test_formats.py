"""Files of every format reach the store through the API, and the list of formats says so."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from starlette.testclient import TestClient

from mouse_dashboard.reading.formats import PICKLE, READ
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.files import npz, npz_arrays, saved_batch
from tests.server.reading.hdf5_files import hdf5_file
from tests.server.reading.reading import zipped

ARRAYS: dict[str, Any] = {**npz_arrays(), "sv": np.ones((4, 7, 3), np.float32)}
del ARRAYS["out.sv"]
LISTS = {name: array.tolist() for name, array in ARRAYS.items()}


def memmap() -> bytes:
    import tempfile  # noqa: PLC0415

    from tensordict import TensorDict  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        TensorDict({name: torch.from_numpy(array) for name, array in ARRAYS.items()}, [4, 7]).memmap(folder)
        return zipped({path.name: path.read_bytes() for path in Path(folder).iterdir()})


def parquet() -> bytes:
    file = io.BytesIO()
    pd.DataFrame(LISTS).to_parquet(file)
    return file.getvalue()


def pt() -> bytes:
    file = io.BytesIO()
    torch.save({name: torch.from_numpy(array) for name, array in ARRAYS.items()}, file)
    return file.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    ".safetensors": saved_batch,
    ".npz": lambda: npz(**ARRAYS),
    ".zip": memmap,
    ".parquet": parquet,
    ".hdf5": lambda: hdf5_file(lambda file: file.update(ARRAYS)),
    ".json": lambda: json.dumps(LISTS).encode(),
    ".pt": pt,
}


@pytest.mark.parametrize("allowed", [False, True])
def test_the_list_names_what_is_read(allowed: bool, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data_dir=tmp_path, allow_pt=allowed)), LOCAL) as client:
        listed = client.get("/api/formats").json()["formats"]
    expected = [*READ, PICKLE] if allowed else READ
    assert listed == [{"name": form.name, "endings": list(form.endings)} for form in expected]


def test_every_format_has_a_file_above() -> None:
    first = {form.endings[0] for form in (*READ, PICKLE)}
    assert first == set(FILES)
