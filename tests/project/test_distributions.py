"""What is built works where it is installed, beside files of the user's that are called as parts of it once were."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import urllib3

import mouse
from tests.project.commands import ROOT, run
from tests.server.files import saved_batch

pytestmark = pytest.mark.process

UV = Path(sys.executable).with_name("uv")
PAGE = "server/mouse_dashboard/page/index.html"
MINE = "raise SystemExit('a file of the user was imported')\n"
NOTEBOOK = """
import json, plotly, mouse
from mouse.batch import load_batch
from mouse.losses.sv import SvLossConfig
from mouse_dashboard import figure_of

batch = load_batch("batch.safetensors")
figure = figure_of(*batch, {"sv": SvLossConfig()}, "share_curve")
print(json.dumps({"traces": len(figure.data), "files": [mouse.__file__, plotly.__file__]}))
shown = mouse.show(*batch, {"sv": SvLossConfig()})
print(shown.url, flush=True)
input()
"""


def build(source: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Build as `python -m build` does, with what is installed here."""
    command = (UV, "build", "--offline", "--no-build-isolation", "--python", sys.executable, *flags, source)
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the page is built."""
    folder = tmp_path_factory.mktemp("source")
    for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / PAGE).parent.mkdir()
    (folder / PAGE).write_text("the built page")
    return folder


@pytest.fixture(scope="module")
def dist(source: Path) -> Path:
    """The sdist, and the wheel that is built from it."""
    built = build(source)
    assert built.returncode == 0, built.stderr
    return source / "dist"


@pytest.fixture(scope="module")
def programs(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel is installed; all but mouse is borrowed from the environment of these tests."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # A path in a .pth file is searched, the .pth files in it are not read: the editable mouse stays out.
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    (wheel,) = dist.glob("*.whl")
    command = [UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", environment, wheel]
    subprocess.run(command, check=True)
    return environment / "bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the user works."""
    (tmp_path / "server").mkdir()
    for name in "server.py", "server/__init__.py", "mouse.txt":
        (tmp_path / name).write_text(MINE)
    (tmp_path / "batch.safetensors").write_bytes(saved_batch())
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    return tmp_path


@pytest.fixture
def user(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home")), "OMP_NUM_THREADS": "1"}


def page(link: str) -> str:
    return urllib3.request("GET", link).data.decode()


def test_sdist_and_wheel_hold_the_page_and_the_licence(dist: Path) -> None:
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    in_wheel = zipfile.ZipFile(wheel).namelist()
    with tarfile.open(sdist) as packed:
        in_sdist = {name.partition("/")[2] for name in packed.getnames()}
    assert {PAGE, "LICENSE"} <= in_sdist
    assert {PAGE.removeprefix("server/"), "mouse/py.typed", "mouse_dashboard/py.typed"} <= {*in_wheel}
    assert [name for name in in_wheel if name.endswith("licenses/LICENSE")] != []


def test_a_wheel_without_an_sdist_holds_the_page(source: Path, tmp_path: Path) -> None:
    built = build(source, "--wheel", "--out-dir", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert PAGE.removeprefix("server/") in zipfile.ZipFile(wheel).namelist()


def test_an_sdist_without_the_page_is_refused(source: Path, tmp_path: Path) -> None:
    (source / PAGE).rename(tmp_path / "index.html")
    built = build(source, "--sdist", "--out-dir", str(tmp_path))
    (tmp_path / "index.html").rename(source / PAGE)
    assert built.returncode != 0
    assert re.findall("^mouse: .+", built.stderr, re.MULTILINE) == [
        f"mouse: {source / PAGE}: found no built page, expected one to put into the sdist; run make dist."
    ]


def test_the_installed_command_is_that_of_the_wheel(programs: Path, folder: Path, user: dict[str, str]) -> None:
    done = subprocess.run([programs / "mouse", "--version"], cwd=folder, env=user, capture_output=True, check=False)
    assert (done.stdout.decode(), done.stderr) == (f"mouse {mouse.__version__}\n", b"")


def test_the_installed_doctor_examines_a_batch(programs: Path, folder: Path, user: dict[str, str]) -> None:
    command = [programs / "python", "-m", "mouse_dashboard", "doctor", "batch.safetensors", "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=user, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert json.loads(done.stdout)["checked"]


def test_an_installed_notebook_draws_figures_and_shows_the_page(
    programs: Path, folder: Path, user: dict[str, str]
) -> None:
    # What the dashboard of a notebook would import from the user's folder, were it searched.
    (folder / "typer.py").write_text(MINE)
    command = [programs / "python", "-P", "notebook.py"]
    with subprocess.Popen(
        command, cwd=folder, env=user, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as notebook:
        assert notebook.stdout is not None
        drawn = json.loads(notebook.stdout.readline())
        shown = page(notebook.stdout.readline().strip())
        notebook.communicate("\n")
    assert drawn["traces"] > 0
    assert Path(drawn["files"][0]).is_relative_to(programs.parent)
    assert shown == "the built page"
