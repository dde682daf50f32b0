import re
import sys
import tomllib
from pathlib import Path

import pytest

from mouse_dashboard.settings import Settings
from tests.project.commands import ROOT, run

pytestmark = pytest.mark.process

TOOLS = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def compose(**env: str) -> str:
    """The compose file as the engine would see it."""
    made = run(f"{TOOLS}/docker-compose", "config", **env)
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_the_dockerfile_has_no_lint() -> None:
    linted = run(f"{TOOLS}/hadolint", "--failure-threshold", "style", "Dockerfile")
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_compose_file_is_valid() -> None:
    checked = run(f"{TOOLS}/docker-compose", "config", "-q", MOUSE_TOKEN="secret")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_compose_without_a_token_says_what_is_missing() -> None:
    checked = run(f"{TOOLS}/docker-compose", "config", "-q")
    assert checked.returncode != 0
    assert "MOUSE_TOKEN is missing a value: choose a long secret" in checked.stderr


def test_compose_hands_the_token_on() -> None:
    assert "MOUSE_TOKEN: from-the-environment" in compose(MOUSE_TOKEN="from-the-environment")


def test_compose_publishes_on_this_machine_only() -> None:
    assert re.findall(r"host_ip: (.+)", compose(MOUSE_TOKEN="secret")) == ["127.0.0.1"]


def test_the_port_outside_can_be_chosen_and_the_one_inside_stays() -> None:
    config = compose(MOUSE_TOKEN="secret", MOUSE_PORT="9000")
    assert ('published: "9000"' in config, "target: 8000" in config) == (True, True)


def test_the_batches_outlive_the_container() -> None:
    data = re.search(r"MOUSE_DATA_DIR=(\S+)", DOCKERFILE)
    assert data
    assert f"- batches:{data[1]}\n" in COMPOSE


def test_the_image_and_compose_ask_for_the_same_health() -> None:
    asked = r"(\[?.*\"python\", \"-c\", )(\".*/api/health.*\")\]"
    in_image, in_compose = re.search(asked, DOCKERFILE), re.search(asked, COMPOSE)
    assert in_image
    assert in_compose
    assert in_image[2] == in_compose[2]


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)[-1] not in {"0", "root"}


def test_the_image_installs_from_the_locks_and_the_pinned_torch() -> None:
    installs = re.findall(r"pip install (.+?)(?: &&|$)", DOCKERFILE, re.MULTILINE)
    assert installs == [
        "--no-cache-dir --require-hashes --requirement requirements/uv.txt",
        "--no-cache --torch-backend=cpu --constraints constraints.txt --requirements requirements/dashboard.txt",
        "--no-cache --no-deps --build-constraints requirements/dev.txt .",
    ]


def test_the_container_has_an_end_to_its_memory_and_processes() -> None:
    config = compose(MOUSE_TOKEN="secret")
    assert re.findall(r"^ +(mem_limit|pids_limit): \S*[1-9]", config, re.MULTILINE) == ["mem_limit", "pids_limit"]


def test_the_image_has_the_oldest_python_that_is_supported() -> None:
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert set(re.findall(r"FROM python:([\d.]+)", DOCKERFILE)) == {oldest}


def test_every_image_is_named_by_its_digest_and_one_tag_has_one_digest() -> None:
    images = re.findall(r"^FROM (\S+?)(?:@sha256:([0-9a-f]{64}))?(?: AS \w+)?$", DOCKERFILE, re.MULTILINE)
    digests = dict(images)
    assert "" not in digests.values()
    assert [digests[tag] for tag, _ in images] == [digest for _, digest in images]
    assert len(images) == len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 3


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)]
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {name.split("/")[0] for names in copied for name in names} == set(allowed)


def test_the_image_compose_and_the_readme_set_what_can_be_set() -> None:
    text = DOCKERFILE + COMPOSE + (ROOT / "README.md").read_text()
    named = set(re.findall(r"\bMOUSE_(\w+)", text))
    assert named >= {"HOST", "PORT", "TOKEN", "DATA_DIR"}
    assert named - {name.upper() for name in Settings.model_fields} == set()
