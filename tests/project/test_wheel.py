import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.project.commands import ROOT, run

pytestmark = pytest.mark.process

DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What is in the wheel that the Dockerfile installs, built from what the Dockerfile copies."""
    source = tmp_path_factory.mktemp("source")
    for name in re.findall(r"^COPY (?!--from|frontend)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for path in name.split():
            copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
            copy(ROOT / path, source / path)
    shutil.copy(ROOT / ".gitignore", source)
    (source / "server" / "mouse_dashboard" / "page").mkdir(exist_ok=True)
    (source / "server" / "mouse_dashboard" / "page" / "index.html").touch()
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"], cwd=source, check=True)
    (built,) = (source / "dist").glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_has_every_file_of_library_and_service(wheel: set[str]) -> None:
    files = run("git", "ls-files", "mouse", "server/mouse_dashboard").stdout.splitlines()
    assert {name.removeprefix("server/") for name in files} - wheel == set()


def test_the_wheel_has_the_built_page(wheel: set[str]) -> None:
    assert "mouse_dashboard/page/index.html" in wheel
