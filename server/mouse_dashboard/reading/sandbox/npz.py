"""The plain arrays of an .npz, streamed one by one, without holding one in memory."""

from pathlib import Path
from zipfile import ZipFile

from mouse_dashboard.reading.declared_fields import check_declared
from mouse_dashboard.reading.fields import FileLimits
from mouse_dashboard.reading.npy import Array, declared_array
from mouse_dashboard.reading.sandbox.checked_zip import member_blocks, packed_size
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.writing import write_fields

SUFFIX = ".npy"


def is_npz(archive: ZipFile) -> bool:
    """Whether a zip holds arrays and nothing else."""
    return all(name.endswith(SUFFIX) for name in archive.namelist()) and bool(archive.namelist())


def read_npz(archive: ZipFile, target: Path, limits: FileLimits) -> ReadSummary:
    """Write the arrays of a checked zip.

    Raises:
        ApiError: 413 or 422 that says what is wrong.
    """
    arrays = {info.filename: array_of(archive, info.filename, info.file_size) for info in archive.infolist()}
    check_declared([array.declared for array in arrays.values()], packed_size(archive), limits)
    write_fields(
        target,
        [
            (array.declared, member_blocks(archive, member, array.start, array.declared.size))
            for member, array in arrays.items()
        ],
    )
    return ReadSummary(notes=[], layout="npz", names={})


def array_of(archive: ZipFile, member: str, size: int) -> Array:
    """Read the header of a member of so many bytes.

    Raises:
        ApiError: 422 that says what is wrong.
    """
    with archive.open(member) as file:
        return declared_array(file, member.removesuffix(SUFFIX), size)
