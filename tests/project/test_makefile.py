import re
import shutil
from pathlib import Path

import pytest

from tests.project.commands import ROOT, executable, run

pytestmark = pytest.mark.process


def planned(*arguments: str) -> str:
    return run("make", "--dry-run", *arguments).stdout


def test_help_lists_every_command_with_a_sentence() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    listed = dict(re.findall(r"^make (\S+) +(.+)$", run("make", "help").stdout, re.MULTILINE))
    assert set(listed) == set(phony[1].split())


def test_make_alone_shows_the_help() -> None:
    assert run("make").stdout == run("make", "help").stdout != ""


@pytest.fixture(scope="module")
def all_tests(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `make test` runs where no page is built."""
    return planned("test", f"PAGE={tmp_path_factory.mktemp('page')}/index.html")


@pytest.mark.parametrize(
    "step",
    [
        "ruff check",
        "ruff format --check",
        "pyright",
        "npm run check",
        "tests/server --cov --cov-report=term --cov-fail-under=100",
        "npm test",
        "npm run build",
        "loadfile tests/browser",
    ],
)
def test_make_test_runs(step: str, all_tests: str) -> None:
    assert step in all_tests


def test_make_test_runs_every_room_once(all_tests: str) -> None:
    rooms = {
        f"tests/{folder.name}"
        for folder in Path(__file__).parents[1].iterdir()
        if folder.is_dir() and folder.name[0] != "_"
    }
    run: list[str] = []
    for command in re.findall(r"/pytest (.+)$", all_tests, re.MULTILINE):
        words = command.split()
        left_out = {word.removeprefix("--ignore=") for word in words}
        run += rooms - left_out if "tests" in words else rooms.intersection(words)
    assert sorted(run) == sorted(rooms)


def test_make_test_builds_the_page_before_it_drives_it(all_tests: str) -> None:
    assert all_tests.index("npm run build") < all_tests.index(" tests/browser")


def test_make_check_rewrites_nothing() -> None:
    ruff = [command for command in planned("check").splitlines() if "/ruff" in command]
    assert [command.split("ruff ")[1] for command in ruff] == ["check", "format --check"]


def test_make_run_passes_flags_on() -> None:
    assert "mouse dashboard --port 9000 --no-open\n" in planned("run", "ARGS=--port 9000 --no-open")


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The variables that point make at folders where all is installed."""
    for folder in "venv", "modules":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".ready").touch()
    (tmp_path / "index.html").touch()
    return [f"VENV={tmp_path}/venv", f"MODULES={tmp_path}/modules", f"PAGE={tmp_path}/index.html"]


def test_what_is_installed_is_not_installed_again(installed: list[str]) -> None:
    assert planned("install", *installed) == "make: Nothing to be done for 'install'.\n"


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ("pyproject.toml", "uv pip install"),
        ("constraints.txt", "uv pip install"),
        ("requirements/dev.txt", "uv pip install"),
        ("frontend/package.json", "npm ci"),
        ("frontend/package-lock.json", "npm ci"),
        ("frontend/vite.config.ts", "npm run build"),
    ],
)
def test_what_changed_is_installed_again(changed: str, step: str, installed: list[str]) -> None:
    assert step in planned("install", f"--what-if={changed}", *installed)


def test_a_python_that_is_too_old_is_named_in_one_line(tmp_path: Path) -> None:
    python = executable(tmp_path / "python", "exit 1")
    made = run("make", "check-python", f"PYTHON={python}", f"VENV={tmp_path}/venv")
    assert made.returncode != 0
    assert made.stderr.splitlines()[0] == (
        f"mouse needs Python 3.11 or newer, {python} is not: name one with make PYTHON=python3.11"
    )
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize(
    ("index", "steps"),
    [
        ("exit 0", ["--torch-backend=auto"]),
        ('case "$*" in *torch-backend*) exit 1; esac', ["--torch-backend=auto", "."]),
    ],
)
def test_torch_comes_from_its_own_index_or_else_from_pypi(index: str, steps: list[str], tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    executable(tmp_path / "venv" / "bin" / "pip", "exit 0")
    executable(tmp_path / "venv" / "bin" / "uv", f'echo "$*" >>{tmp_path}/asked\n{index}')
    python = executable(tmp_path / "python", "exit 0")
    made = run("make", f"{tmp_path}/venv/.ready", f"PYTHON={python}", f"VENV={tmp_path}/venv")
    assert made.returncode == 0, made.stderr
    assert [line.split()[-1] for line in (tmp_path / "asked").read_text().splitlines()] == steps


@pytest.mark.parametrize(("node", "npm"), [("18.20.0", "exit 0"), ("20.18.3", "exit 0"), ("20.19.0", "exit 127")])
def test_a_node_that_is_too_old_or_without_npm_is_named_in_one_line(node: str, npm: str, tmp_path: Path) -> None:
    pretend = f'Object.defineProperty(process.versions, "node", {{value: "{node}"}});'
    executable(tmp_path / "node", f"exec {shutil.which('node')} -e '{pretend}'\"$2\"")
    executable(tmp_path / "npm", npm)
    made = run("make", "check-frontend", f"MODULES={tmp_path}/modules", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert made.returncode != 0
    assert made.stderr.splitlines()[0] == "mouse needs Node 20.19 or newer, with npm, on the PATH"
