"""Files as a stranger may send them."""

import functools
import io
import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from starlette.testclient import TestClient

from mouse.batch import save_batch
from mouse_dashboard.store.demo_batch import stored_demo_batch
from tests.server.batches import random_batch

OCTETS = {"Content-Type": "application/octet-stream"}


@functools.cache
def saved_batch(**shape: int) -> bytes:
    """A file of save_batch."""
    batch: Any = random_batch(**shape)
    with tempfile.TemporaryDirectory() as folder:
        save_batch(Path(folder) / "batch.safetensors", batch.step_stream, batch.out)
        return (Path(folder) / "batch.safetensors").read_bytes()


def keep_small_demo(folder: Path) -> None:
    """Have a demo batch at hand: to train one takes long."""
    stored_demo_batch(folder, 0, lambda path, _seed: path.write_bytes(saved_batch(seed=2)))


def send(client: TestClient, content: Any, name: str = "batch.safetensors") -> httpx2.Response:
    return client.post("/api/batches", params={"name": name}, content=content, headers=OCTETS)


def safetensors(header: object, data: bytes = b"") -> bytes:
    """A safetensors file with a header of one's own, an object or bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str = "F32", shape: Any = (2, 3), offsets: Any = (0, 24)) -> dict[str, Any]:
    """What a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def npz(*, compressed: bool = False, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


def npz_arrays(rows: int = 4, steps: int = 7) -> dict[str, Any]:
    """Arrays that make a batch."""
    return {
        "action": np.zeros((rows, steps), np.int64),
        "reward": np.linspace(-1, 1, rows * steps, dtype=np.float32).reshape(rows, steps),
        "done": np.zeros((rows, steps), np.int64),
        "out.sv": np.ones((rows, steps, 3), np.float32),
    }
