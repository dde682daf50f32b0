"""What makes a folder that of a scan. Light: the command line looks for it before anything is imported."""

from pathlib import Path

MARK = "scan.json"
TASKS = "tasks"
WINDOWS = "windows"
FORMAT = 4
"""Of tables and results; 1 had no histograms, 2 did not tell parts of rules, 3 divided every loss by its places."""


def is_scan(folder: Path) -> bool:
    """Whether a scan that ended has written to a folder."""
    return (folder / MARK).is_file() and (folder / TASKS).is_dir()
