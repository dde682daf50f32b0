"""Run what a person would run, from the root of the project."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command with no variables but PATH and those given; what it prints comes back as text."""
    variables = {"PATH": os.environ["PATH"]} | env
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def executable(path: Path, script: str) -> Path:
    """Write a stand-in for a program."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
