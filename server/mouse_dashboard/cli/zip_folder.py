"""Zip a folder of files, such as Dreamer's episodes or a LeRobot dataset, into the single file that readers accept."""

from pathlib import Path
from zipfile import ZipFile

from mouse_dashboard.cli.errors import fail

SUFFIXES = (".npz", ".parquet")


def zip_folder(folder: Path, scratch: Path) -> Path:
    """Zip the .npz files of a folder, or the .parquet files in it and below it.

    Exits with a line on stderr if there are none.
    """
    files = sorted(folder.glob("*.npz")) or sorted(folder.rglob("*.parquet"))
    if not files:
        fail(f"{folder}: found no {' or '.join(SUFFIXES)} file in the folder, expected one at least; name a file.")
    packed = scratch / f"{folder.resolve().name}.zip"
    with ZipFile(packed, "w", strict_timestamps=False) as archive:
        for file in files:
            archive.write(file, file.relative_to(folder))
    return packed
