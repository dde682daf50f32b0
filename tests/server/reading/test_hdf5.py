"""HDF5 gives what lies in the file itself, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mouse_dashboard.reading.sandbox import hdf5
from mouse_dashboard.schema.errors import ApiError
from tests.server.reading.hdf5_files import Fill, d4rl, h5, hdf5_file, tianshou
from tests.server.reading.reading import here, read
from tests.server.reading.test_npz import deflated_zeros

pytestmark = pytest.mark.process


def test_single_numbers_and_attributes_tell_of_flat_rows_and_objects_are_left_alone(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(tianshou))
    assert found.lists == {
        "_meta.act": [1, 2, 0],
        "_meta.rew": [0.5, 1, 0],
        "_lengths": [2],
        "_size": 2,
        "_meta.full": False,
    }
    assert found.notes == ["Dropped, a Python object as a pickle, which could run any code: '_random_state'."]


def test_flat_datasets_keep_their_names_and_values(tmp_path: Path) -> None:
    found = here(hdf5, tmp_path, hdf5_file(d4rl))
    assert found.lists == {
        "actions": [[0.5], [1.5]],
        "rewards": [1, -1],
        "terminals": [False, True],
        "observations": [[1, 2], [3, 4]],
        "next_observations": [[5, 6], [7, 8]],
        "infos.qpos": [[9], [10]],
    }
    assert found.notes == ["Dropped, of dtype |O: 'metadata.algorithm'."]


def test_a_file_that_was_cut_off_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    whole = hdf5_file(d4rl)
    assert "bytes, expected more, as its header says; send the whole file" in here(hdf5, tmp_path, whole[:-9]).refused


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("packed", [{}, {"chunks": (70_001,), "compression": "gzip", "shuffle": True}])
def test_every_type_comes_out_bit_for_bit(dtype: str, packed: dict[str, Any], tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2, 300_000).astype(dtype)
    content = hdf5_file(lambda file: file.create_dataset("x", data=values, **packed))
    found = here(hdf5, tmp_path, content).tensors["x"].numpy()
    assert (found.dtype, found.tobytes()) == (values.dtype, values.tobytes())


def virtual(file: Any, secret: Path) -> None:
    layout = h5.VirtualLayout((2,), "f8")
    layout[:] = h5.VirtualSource(secret, "x", (2,))
    file.create_virtual_dataset("odd", layout)


OUTSIDE: dict[str, tuple[Callable[[Any, Path], object], str]] = {
    "an external link": (lambda file, secret: file.update(odd=h5.ExternalLink(secret, "x")), "a link"),
    "an external link to a group": (lambda file, secret: file.update(odd=h5.ExternalLink(secret, "/")), "a link"),
    "a soft link": (lambda file, _: file.update(odd=h5.SoftLink("/rewards")), "a link"),
    "a soft link to nothing": (lambda file, _: file.update(odd=h5.SoftLink("/nowhere")), "a link"),
    "external storage": (
        lambda file, secret: file.create_dataset("odd", (2,), "f8", external=[(str(secret), 0, 16)]),
        "its data in another file",
    ),
    "a virtual dataset": (virtual, "its data in another file"),
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_nothing_outside_of_the_file_is_read(kind: str, tmp_path: Path) -> None:
    with h5.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = [42.0, 42.0]
    fill, why = OUTSIDE[kind]

    def filled(file: Any) -> None:
        file["rewards"] = [1.0, 2.0]
        fill(file, tmp_path / "secret.h5")

    found = here(hdf5, tmp_path, hdf5_file(filled))
    assert found.lists == {"rewards": [1, 2]}
    assert found.notes == [f"Dropped, {why}: 'odd'."]


FILTER = "packed by another filter than gzip, lzf or shuffle"
ODD: list[tuple[Fill, str]] = [
    (lambda file: file.update(odd=["a", "b"]), "of dtype |O"),
    (lambda file: file.create_dataset("odd", (2,), h5.vlen_dtype("i4")), "of dtype |O"),
    (lambda file: file.create_dataset("odd", (2,), h5.ref_dtype), "of dtype |O"),
    (lambda file: file.update(odd=np.zeros(2, [("x", "f4")])), "of dtype |V4"),
    (lambda file: file.update(odd=np.zeros(2, "S3")), "of dtype |S3"),
    (lambda file: file.update(odd=np.zeros(2, ">f4")), "of dtype >f4"),
    (lambda file: file.update(odd=np.zeros(2, "c8")), "of dtype <c8"),
    (lambda file: file.update(odd=h5.Empty("f4")), "without a value"),
    (lambda file: file.create_dataset("odd", data=[1, 2], chunks=(2,), fletcher32=True), FILTER),
    (lambda file: file.create_dataset("odd", data=[1, 2], chunks=(2,), scaleoffset=0), FILTER),
]


@pytest.mark.parametrize(("make", "why"), ODD)
def test_what_is_no_array_is_left_out_and_said(make: Fill, why: str, tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file["rewards"] = [1.0, 2.0]
        make(file)

    found = here(hdf5, tmp_path, hdf5_file(fill))
    assert found.lists == {"rewards": [1, 2]}
    assert found.notes == [f"Dropped, {why}: 'odd'."]


def loops(file: Any) -> None:
    file["a"] = file["/"]
    file["b"] = file["/"]


BROKEN: dict[str, tuple[Fill, str]] = {
    "groups that hold themselves": (loops, "(dropped, another name of a group that is already read: 'a', 'b')"),
    "nothing": (lambda _: None, "no field of numbers, expected"),
    "a giant that was never written": (
        lambda file: file.create_dataset("x", (1 << 20, 1 << 20), "f8", chunks=(1, 1)),
        "unpacked",
    ),
    "more zeros than the file holds": (
        lambda file: file.create_dataset("x", (1 << 24,), "f8", chunks=(1 << 10,)),
        "bytes packed into",
    ),
    "a bomb": (
        lambda file: file.create_dataset("x", data=np.zeros(1 << 24), chunks=(1 << 20,), compression="gzip"),
        "bytes packed into",
    ),
    "two of one name": (lambda file: file.update({"a.b": [1], "a/b": [2]}), "two fields of the name 'a.b'"),
    "a name of 10 kB": (lambda file: file.update({"x" * 10_000: [1]}), "printable characters"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_hostile_file_is_told_apart(kind: str, tmp_path: Path) -> None:
    fill, said = BROKEN[kind]
    assert said in here(hdf5, tmp_path, hdf5_file(fill)).refused


def test_a_chunk_that_inflates_to_more_memory_than_there_is_ends_its_reader_alone(tmp_path: Path) -> None:
    """The chunk says 16 bytes, and its stream goes on for 16 GiB: the library inflates until there is no more."""

    def fill(file: Any) -> None:
        dataset = file.create_dataset("x", (2,), "f8", chunks=(2,), compression="gzip")
        dataset.id.write_direct_chunk((0,), b"\x78\x9c" + deflated_zeros(16 << 10))

    with pytest.raises(ApiError, match=r"damage|memory"):
        read(tmp_path, hdf5_file(fill))
