"""The locks hold what pyproject.toml asks for, what that in turn asks for, and nothing else."""

import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.commands import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = canonicalize_name(PYPROJECT["project"]["name"])
EXTRAS: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.txt")}
TORCH: list[str] = tomllib.loads((ROOT / "requirements" / "lock.toml").read_text())["dependency-metadata"][0][
    "requires-dist"
]


def pins(lock: str) -> dict[str, str]:
    """The version of every package that a lock installs on this machine."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)(?: ; (.+?))? \\$", LOCKS[lock], re.MULTILINE)
    return {name: version for name, version, marker in found if not marker or Marker(marker).evaluate()}


def group(name: str) -> list[str]:
    """The requirements of a dependency group and of those that it includes."""
    entries: list[str | dict[str, str]] = PYPROJECT["dependency-groups"][name]
    return [
        line for entry in entries for line in ([entry] if isinstance(entry, str) else group(entry["include-group"]))
    ]


def needed(asked: list[str]) -> dict[str, list[Requirement]]:
    """What is asked of every package, by these requirements and by those of what they install."""
    found: dict[str, list[Requirement]] = {}
    waiting = [(Requirement(line), "") for line in asked]
    seen: set[str] = set()
    while waiting:
        requirement, extra = waiting.pop()
        if f"{requirement}{extra}" in seen or not (
            requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        ):
            continue
        seen.add(f"{requirement}{extra}")
        name = canonicalize_name(requirement.name)
        found.setdefault(name, []).append(requirement)
        of_it = TORCH if name == "torch" else requires(name) or []
        waiting += [(Requirement(line), wanted) for line in of_it for wanted in ("", *requirement.extras)]
    del found["torch"]  # its build depends on the machine: constraints.txt pins its version
    return found


@pytest.mark.parametrize(("lock", "groups"), [("dashboard", []), ("dev", ["dev"])])
def test_a_lock_is_what_pyproject_asks_for(lock: str, groups: list[str]) -> None:
    asked = [
        *PYPROJECT["project"]["dependencies"],
        *EXTRAS["dashboard"],
        *(line for name in groups for line in group(name)),
    ]
    locked, wanted = pins(lock), needed(asked)
    assert locked.keys() == wanted.keys(), "make lock"
    refused = [str(line) for name in wanted for line in wanted[name] if not line.specifier.contains(locked[name])]
    assert refused == [], "make lock"


def test_what_the_image_installs_is_what_the_tests_ran_with() -> None:
    assert pins("dashboard").items() <= pins("dev").items()
    assert pins("uv").items() <= pins("dev").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_a_hash(lock: str) -> None:
    packages = re.split(r"^(?=\w)", LOCKS[lock], flags=re.MULTILINE)[1:]
    assert len(packages) >= len(pins(lock)) > 0
    assert [
        package for package in packages if not re.search(r" --hash=sha256:[0-9a-f]{64}$", package, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_folder(lock: str) -> None:
    assert re.findall(r"://|@ |--index|--find-links|file:", LOCKS[lock]) == []


def test_what_torch_needs_is_locked_but_for_its_cuda_libraries() -> None:
    every = [line for line in requires("torch") or [] if "extra ==" not in line]
    assert sorted(line for line in every if not re.match("nvidia|cuda|triton", line)) == sorted(TORCH)
