"""A zip of .npz files is read as one recording, file after file, with the number of the file beside each row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouse_dashboard.reading.sandbox import zip_file
from tests.server.files import npz
from tests.server.reading.reading import here, lists, zipped

pytestmark = pytest.mark.process


def episode(length: int, **more: Any) -> bytes:
    """One as Dreamer stores it: every array has a row per state."""
    return npz(image=np.full((length, 2), length), reward=np.arange(length, dtype=np.float32), **more)


def test_files_stand_in_the_order_of_the_numbers_in_their_names(tmp_path: Path) -> None:
    content = zipped({"train/10.npz": episode(1), "train/2.npz": episode(2)})
    assert lists(tmp_path, content) == {
        "image": [[2, 2], [2, 2], [1, 1]],
        "reward": [0, 1, 0],
        "file": [0, 0, 1],
    }


def test_hidden_files_that_an_archiver_adds_are_not_read(tmp_path: Path) -> None:
    members = {"x/1.npz": episode(1), "__MACOSX/x/._1.npz": b"\0\5\x16\7", "x/.DS_Store": b"\0"}
    assert here(zip_file, tmp_path, zipped(members)).lists["reward"] == [0]


def test_a_state_more_than_steps_gives_the_next_one(tmp_path: Path) -> None:
    found = here(zip_file, tmp_path, zipped({"a.npz": npz(obs=[1, 2, 3], reward=[0.5, 1.5])}))
    assert found.lists == {"obs": [1, 2], "next_obs": [2, 3], "reward": [0.5, 1.5], "file": [0, 0]}


def test_what_not_every_file_has_alike_is_left_out_and_said(tmp_path: Path) -> None:
    content = zipped(
        {"a.npz": episode(2, only=[1, 2], seed=1, long=np.ones(9)), "b.npz": episode(3, seed=2, long=[1.0])}
    )
    found = here(zip_file, tmp_path, content)
    assert set(found.lists) == {"image", "reward", "file"}
    assert set(found.notes) >= {
        "Dropped, not the same in every file: 'only'.",
        "Dropped, a single value: 'seed'.",
        "Dropped, not one row per step: 'long'.",
    }


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.npz": npz(image=[1])}, "files without 'reward' and 'action'"),
        ({"a.npz": b"no zip at all"}, "a zip that does not end with its directory"),
        ({"a.npz": episode(2)[:-30]}, "a zip that does not end with its directory"),
        ({"a.npz": episode(2), "b.txt": b""}, "found a zip without arrays"),
        ({"a.npz": npz(reward=np.array([None]))}, "of Python objects, which are a pickle"),
    ],
    ids=["no steps", "no zip", "cut off", "another file", "objects"],
)
def test_a_broken_file_is_told_apart(members: dict[str, bytes], message: str, tmp_path: Path) -> None:
    assert message in here(zip_file, tmp_path, zipped(members)).refused
    assert [path.name for path in tmp_path.iterdir()] in (["received"], ["received", "target"])
