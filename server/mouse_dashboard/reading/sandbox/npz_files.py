"""A zip of .npz files, such as Dreamer's episodes: rows are concatenated in order of the file names."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zipfile import ZipFile

import numpy as np

from mouse_dashboard.reading.declared_fields import DeclaredField, check_declared
from mouse_dashboard.reading.errors import invalid_file
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.notes import Notes
from mouse_dashboard.reading.npy import Array
from mouse_dashboard.reading.sandbox.checked_zip import open_zip, ordered_files, packed_size
from mouse_dashboard.reading.sandbox.episode_rows import ALL, FIRST, LAST, ONE_MORE, STEPS, parts_of
from mouse_dashboard.reading.sandbox.npz import SUFFIX, array_of
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import BLOCK, Blocks, write_fields

NUMBER = "file"


class File(NamedTuple):
    """One of the files, unpacked."""

    path: Path
    arrays: dict[str, Array]


def npz_files(archive: ZipFile) -> list[str]:
    """The members of a zip of .npz files, numbers in their names in order; none where it holds anything else."""
    names = ordered_files(archive)
    return names if all(name.endswith(".npz") for name in names) else []


def read_npz_files(archive: ZipFile, target: Path, limits: FileLimits) -> ReadSummary:
    """Write the arrays of all files, and the number of the file that each row is of.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    notes = Notes()
    with TemporaryDirectory(dir=target.parent) as folder:
        files = [
            _unpacked(archive, name, Path(folder, f"{n}.npz"), limits) for n, name in enumerate(npz_files(archive))
        ]
        steps = next((name for name in STEPS if all(_rows(file, name) is not None for file in files)), None)
        if steps is None:
            raise invalid_file(
                "files without 'reward' and 'action'", "one of them in each", "save an episode in each file"
            )
        counts = [_rows(file, steps) or 0 for file in files]
        fields: list[tuple[DeclaredField, Blocks]] = []
        parts: dict[str, str] = {}
        names: dict[str, list[str]] = {}
        for name in dict.fromkeys(name for file in files for name in file.arrays):
            for field, rows in _fields(name, files, counts, notes):
                first = files[0].arrays[name].declared
                declared = DeclaredField(field, first.dtype, (sum(counts), *first.shape[1:]))
                fields.append((declared, _blocks(files, name, rows)))
                names[field], parts[field] = [name], rows
        notes.add("The number of the file that each row is of", NUMBER)
        numbers = (np.full(count, number, np.int64).tobytes() for number, count in enumerate(counts))
        fields.append((DeclaredField(NUMBER, "I64", (sum(counts),)), numbers))
        check_declared([declared for declared, _ in fields], packed_size(archive), limits)
        write_fields(target, fields)
    return ReadSummary(notes=notes.sentences(), layout="files", names=names, parts=parts, folder=steps)


def _unpacked(archive: ZipFile, name: str, path: Path, limits: FileLimits) -> File:
    with archive.open(name) as member, path.open("wb") as file:
        shutil.copyfileobj(member, file, BLOCK)
    with open_zip(path, limits) as inner:
        members = inner.infolist()
        arrays = [array_of(inner, info.filename, info.file_size) for info in members if info.filename.endswith(SUFFIX)]
    return File(path, {array.declared.name: array for array in arrays})


def _rows(file: File, name: str) -> int | None:
    shape = file.arrays[name].declared.shape if name in file.arrays else ()
    return shape[0] if shape else None


def _fields(name: str, files: list[File], counts: list[int], notes: Notes) -> list[tuple[str, str]]:
    """The fields that become of an array, and which of its rows each takes."""
    held = [file.arrays[name].declared for file in files if name in file.arrays]
    if len(held) < len(files) or len({(each.dtype, each.shape[1:], len(each.shape)) for each in held}) > 1:
        notes.add("Dropped, not the same in every file", name)
        return []
    if not held[0].shape:
        notes.add("Dropped, a single value", name)
        return []
    parts = list(parts_of(name, {each.shape[0] - count for each, count in zip(held, counts, strict=True)}))
    if len(parts) != 1:
        notes.add(ONE_MORE if parts else "Dropped, not one row per step", name)
    return parts


def _blocks(files: list[File], name: str, rows: str) -> Iterator[bytes]:
    for file in files:
        array = file.arrays[name]
        row = array.declared.size // max(1, array.declared.shape[0])
        left = array.declared.size - (0 if rows == ALL else row)
        with ZipFile(file.path) as archive, archive.open(f"{name}{SUFFIX}") as member:
            member.read(array.start + (row if rows == LAST else 0))
            while left and (block := member.read(min(BLOCK, left))):
                yield block
                left -= len(block)
            if rows != FIRST and member.read(1):
                raise invalid_file("an array longer than it says", "as declared", "save it again")
