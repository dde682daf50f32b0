import shutil
from pathlib import Path

import pytest

from tests.project.commands import ROOT, executable, run

pytestmark = pytest.mark.process


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH of the few programs that the scripts need, and no browser."""
    for name in "sh", "bash", "dirname", "chmod":
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def test_ci_runs_make_test_at_the_root_and_says_that_it_is_ci(tools: Path) -> None:
    executable(tools / "make", 'echo "make $* with CI=$CI in $PWD"')
    assert run("bash", ".ci/run", PATH=str(tools)).stdout == f"make test with CI=true in {ROOT}\n"


def test_ci_fails_when_make_test_fails(tools: Path) -> None:
    executable(tools / "make", "exit 2")
    assert run("bash", ".ci/run", PATH=str(tools)).returncode == 2


def test_a_browser_on_the_path_is_taken(tools: Path) -> None:
    chrome = executable(tools / "google-chrome", "")
    assert run("sh", ".ci/chromium", PATH=str(tools)).stdout == f"{chrome}\n"


def test_the_named_browser_wins(tools: Path) -> None:
    executable(tools / "chromium", "")
    mine = executable(tools / "mine", "")
    assert run("sh", ".ci/chromium", PATH=str(tools), MOUSE_CHROMIUM=str(mine)).stdout == f"{mine}\n"


def test_a_named_browser_that_is_missing_fails_with_one_line() -> None:
    found = run("sh", ".ci/chromium", MOUSE_CHROMIUM="nowhere/chrome")
    assert found.returncode == 1
    assert found.stderr == (
        "MOUSE_CHROMIUM names nowhere/chrome, which cannot be run: name a Chromium or Chrome, or unset it\n"
    )


def test_root_gets_the_browser_of_the_distribution(tools: Path) -> None:
    executable(tools / "id", "echo 0")
    install = f'case "$*" in *install*) echo "#!/bin/sh" >{tools}/chromium; chmod +x {tools}/chromium;; esac'
    executable(tools / "apt-get", f"echo noise\n{install}")
    assert run("sh", ".ci/chromium", PATH=str(tools)).stdout == f"{tools}/chromium\n"


def test_others_get_the_browser_of_playwright(tools: Path) -> None:
    executable(tools / "id", "echo 1000")
    executable(tools / "playwright", f'echo "$*" >{tools}/asked')
    found = run("sh", ".ci/chromium", PATH=str(tools))
    assert (found.returncode, found.stdout) == (0, "")
    assert (tools / "asked").read_text() == "install chromium\n"


@pytest.mark.parametrize("user", [0, 1000])
def test_a_browser_that_cannot_be_installed_fails(user: int, tools: Path) -> None:
    executable(tools / "id", f"echo {user}")
    executable(tools / "apt-get", "exit 100")
    executable(tools / "playwright", "exit 1")
    assert run("sh", ".ci/chromium", PATH=str(tools)).returncode != 0
