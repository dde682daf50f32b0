"""The lines told for a file give, in a fresh process and by the format's own library, what its reader stored."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import (
    load_file,  # pyright: ignore[reportUnknownVariableType]
    save_file,  # pyright: ignore[reportUnknownVariableType]
)
from tensordict import TensorDict

from mouse_dashboard.reading import Fields, read_fields
from mouse_dashboard.reading.sandbox.parquet import pq
from tests.server.reading.hdf5_files import d3rlpy_2, d4rl, hdf5_file, minari, robomimic, tianshou
from tests.server.reading.reading import ALLOWED, read_in_this_process, tensors

pytestmark = pytest.mark.process

STORE = "from safetensors.torch import save_file\nsave_file(fields, 'stored.safetensors')\n"
RANDOM = np.random.default_rng(0)


def safetensors(path: Path) -> None:
    save_file({"a": torch.randn(2, 3), "b": torch.tensor([[True]])}, path)


def npz(path: Path) -> None:
    np.savez_compressed(path, a=RANDOM.random((2, 3)), b=np.array([[1, 2]], np.uint16), one=np.array(7))


def npz_files(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in (2, 10):
            file = io.BytesIO()
            np.savez(file, reward=RANDOM.random(number), image=RANDOM.random((number + 1, 2)), seed=number)
            archive.writestr(f"episodes/{number}.npz", file.getvalue())
        archive.writestr("__MACOSX/episodes/._2.npz", b"\0\5\x16\7")


def structs(path: Path) -> None:
    rows = [{"state": [1.0, 2.0], "at": {"step": 0}}, {"state": [3.0, 4.0], "at": {"step": 1}}]
    after = [{"reward": 0.5, "who": "a"}, {"reward": 1.5, "who": "b"}]
    pd.DataFrame({"observation": rows, "next": after}).to_parquet(path)


def parquet_files(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/data/._episode_2.parquet", b"\0\5\x16\7")
        for number in (2, 10):
            file = path.with_suffix(".parquet")
            parquet(file)
            pq.write_table(pq.read_table(file).slice(0, number // 2), file)
            archive.write(file, f"data/episode_{number}.parquet")
            file.unlink()


def npy(path: Path) -> None:
    np.save(path, RANDOM.random((3, 4), np.float32))


def memmap(path: Path) -> None:
    after = TensorDict({"reward": torch.randn(2, 3, 1), "done": torch.zeros(2, 3, 1, dtype=torch.bool)}, [2, 3])
    td = TensorDict({"a/b": torch.randn(2, 3).bfloat16(), "none": torch.zeros(2, 3, 0), "next": after}, [2, 3])
    td.memmap(str(path.parent / "made" / "td"))
    shutil.make_archive(str(path.parent / "made"), "zip", path.parent / "made")
    (path.parent / "made.zip").rename(path)


def parquet(path: Path) -> None:
    pd.DataFrame(
        {
            "episode": ["b", "b", "a"],
            "kind": pd.Categorical(["z", "y", "z"]),
            "reward": [1.5, np.nan, 1 / 3],
            "done": [False, True, False],
            "obs": [[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]],
            "image": [[[1, 2], [3, 4]]] * 3,
            "ragged": [[1], [], [2, 3]],
            "when": pd.date_range("2026", periods=3),
        }
    ).to_parquet(path)


def lists_of_steps(path: Path) -> None:
    pd.DataFrame(
        {
            "id": ["x", "y"],
            "score": [1.5, 2.5],
            "observations": [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[7.0, 8.0], [9.0, 1.0]]],
            "actions": [[1, 2], [3]],
            "rewards": [[0.5, 1.5], [2.5]],
        }
    ).to_parquet(path)


def numbers_alone(path: Path) -> None:
    pd.DataFrame({"a.b": [1, 2], "half": np.array([1, 2], np.float16)}).to_parquet(path)


def json_object(path: Path) -> None:
    content = {
        "a": [[1, 2]],
        "r": [0.1, float("nan")],
        "m": [1, 0.1],
        "next": {"d": [True]},
        "id": ["q", "p", "q"],
        "x": "y",
    }
    path.write_text(json.dumps(content))


def json_rows(path: Path) -> None:
    path.write_text(json.dumps([{"a": 1, "o": {"x": [0.1, 2.0]}}, {"a": 2, "o": {"x": [3.0, 4.0]}}]))


EPISODE = {"id": "x", "obs": [1, 2, 3], "o": {"x": [[1.5], [2.5]]}, "rewards": [0.5, 1.5]}


def json_lines(path: Path) -> None:
    last = {"id": "y", "obs": [4, 5], "o": {"x": [[3.5]]}, "rewards": [2.5]}
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (EPISODE, last)))


def json_batches(path: Path) -> None:
    path.write_text(f"{json.dumps({'type': 'SampleBatch', 'obs': [1, 2], 'rewards': [0.5, 1.5]})}\n" * 2)


def json_episodes(path: Path) -> None:
    path.write_text(json.dumps({"obs": [[1, 2, 3], [4, 5]], "rewards": [[1, 2], [3]], "id": [5, 6]}))


def torch_dict(path: Path) -> None:
    after = TensorDict({"r": torch.randn(2, 1), "s": "text"}, [2])
    content = {
        "a": torch.randn(2, 3).T,
        "next": after,
        "c": torch.ones(1, dtype=torch.complex64),
        3: torch.arange(2),
        "l": [1],
    }
    torch.save(content, path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "batch.safetensors": safetensors,
    "arrays.npz": npz,
    "obs.npy": npy,
    "td.zip": memmap,
    "episodes.zip": npz_files,
    "tables.zip": parquet_files,
    "rows.parquet": parquet,
    "numbers.parquet": numbers_alone,
    "structs.parquet": structs,
    "episodes.parquet": lists_of_steps,
    "robomimic.hdf5": lambda path: path.write_bytes(hdf5_file(robomimic)),
    "d3rlpy.hdf5": lambda path: path.write_bytes(hdf5_file(d3rlpy_2)),
    "tianshou.hdf5": lambda path: path.write_bytes(hdf5_file(tianshou)),
    "flat.hdf5": lambda path: path.write_bytes(hdf5_file(d4rl)),
    "minari.hdf5": lambda path: path.write_bytes(hdf5_file(minari)),
    "object.json": json_object,
    "rows.json": json_rows,
    "lines.json": json_lines,
    "batches.json": json_batches,
    "episodes.json": json_episodes,
    "dict.pt": torch_dict,
    "alone.pt": lambda path: torch.save(torch.randn(2, 3), path),
    'it\'s "odd" {x}\\n.npz': npz,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Fields, Path]]:
    """Every file as its reader stored it, and where its lines stored it: one process runs them all."""
    made: dict[str, tuple[Fields, Path]] = {}
    with pytest.MonkeyPatch.context() as patch:
        read_in_this_process(patch)
        for name, write in WRITERS.items():
            mine, scratch = tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("scratch")
            write(mine / name)
            made[name] = read_fields(mine / name, name, scratch, ALLOWED), mine
    runs = [f"import os\nos.chdir({str(mine)!r})\n{found.python}\n{STORE}" for found, mine in made.values()]
    every = "\n".join(f"exec({lines!r}, {{}})" for lines in runs)
    subprocess.run([sys.executable, "-c", every], check=True)
    return made


@pytest.mark.parametrize("name", WRITERS)
def test_the_lines_give_bit_for_bit_what_was_stored(name: str, files: dict[str, tuple[Fields, Path]]) -> None:
    found, mine = files[name]
    assert described(load_file(mine / "stored.safetensors")) == described(tensors(found))


def described(fields: dict[str, torch.Tensor]) -> dict[str, tuple[str, list[int], bytes]]:
    """Type, shape and bits of each field."""
    return {
        name: (str(value.dtype), list(value.shape), value.reshape(-1).view(torch.uint8).numpy().tobytes())
        for name, value in fields.items()
    }
