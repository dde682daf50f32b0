import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import mouse
from tests.project.commands import ROOT, run

FILES = [ROOT / name for name in run("git", "ls-files", "-z").stdout.split("\0") if name]
LOCK = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
PACKAGE = json.loads((ROOT / "frontend" / "package.json").read_text())


def texts() -> dict[Path, str]:
    """Every text that is in git."""
    return {path: path.read_text(errors="ignore") for path in FILES if path.is_file() and path.suffix != ".png"}


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    folder = re.compile(r"/(?:home|Users)/\w+/|/(?:root)\b")
    assert [path for path, text in texts().items() if folder.search(text)] == []


def test_the_lock_of_the_page_names_no_download_address() -> None:
    assert [name for name, package in LOCK["packages"].items() if "resolved" in package] == []


def test_the_lock_of_the_page_has_a_checksum_for_every_package() -> None:
    assert [name for name, package in LOCK["packages"].items() if name and "integrity" not in package] == []


def test_the_oldest_node_is_the_same_everywhere() -> None:
    oldest = PACKAGE["engines"]["node"].removeprefix(">=")
    patterns = {"Makefile": r"Node ([\d.]+)", "README.md": r"Node ([\d.]+)", "Dockerfile": r"node:([\d.]+)"}
    named = {name: re.findall(pattern, (ROOT / name).read_text()) for name, pattern in patterns.items()}
    assert named == {"Makefile": [oldest], "README.md": [oldest], "Dockerfile": [oldest.split(".")[0]]}


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert re.findall(r"Python (\d[\d.]+\d)", (ROOT / "README.md").read_text()) == [oldest]
    assert re.findall(r"Python (\d[\d.]+\d)", (ROOT / "Makefile").read_text()) == [oldest]


def test_the_page_has_the_version_of_the_library() -> None:
    assert PACKAGE["version"] == LOCK["version"] == mouse.__version__


@pytest.mark.process
def test_the_hooks_are_valid() -> None:
    checked = run(f"{Path(sys.executable).parent}/pre-commit", "validate-config")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_hooks_are_the_two_halves_of_make_check() -> None:
    hooks = re.findall(r"entry: make (\S+)", (ROOT / ".pre-commit-config.yaml").read_text())
    halves = re.search(r"^check: (.+?) +##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert halves
    assert hooks == halves[1].split()


@pytest.mark.process
@pytest.mark.parametrize("script", [".ci/run", ".ci/chromium"])
def test_the_scripts_run_in_any_shell(script: str) -> None:
    checked = run("sh", "-n", script)
    assert (checked.returncode, checked.stderr) == (0, "")
