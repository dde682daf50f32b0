"""Detect the folder of a scan. Light to import: the command line checks it before importing anything else."""

from pathlib import Path

MARK = "scan.json"
TASKS = "tasks"
WINDOWS = "windows"
FORMAT = 4
"""Of tables and results; 1 had no histograms, 2 did not tell parts of rules, 3 divided every loss by its places."""


def is_scan(folder: Path) -> bool:
    """Whether a folder holds a finished scan."""
    return (folder / MARK).is_file() and (folder / TASKS).is_dir()
