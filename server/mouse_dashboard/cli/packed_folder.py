"""A folder of .npz files, such as Dreamer's episodes, as the one file that readers take."""

from pathlib import Path
from zipfile import ZipFile

from mouse_dashboard.cli.errors import fail


def packed_folder(folder: Path, scratch: Path) -> Path:
    """Zip the .npz files of a folder into another; end with a line on stderr where it has none."""
    files = sorted(folder.glob("*.npz"))
    if not files:
        fail(f"{folder}: found no .npz file in the folder, expected one for each episode; name a file.")
    packed = scratch / f"{folder.resolve().name}.zip"
    with ZipFile(packed, "w", strict_timestamps=False) as archive:
        for file in files:
            archive.write(file, file.name)
    return packed
