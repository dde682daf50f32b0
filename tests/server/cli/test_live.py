"""`mouse demo --live`: a training run beside the dashboard, a link that opens it, and Ctrl+C that ends both."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from tests.server.cli.test_dashboard import MOUSE

pytestmark = pytest.mark.process


@pytest.fixture
def live(tmp_path: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command, and the link that it prints."""
    command = [str(MOUSE), "demo", "--live", "--port", "0", "--no-open", "--data-dir", str(tmp_path)]
    variables = os.environ | {"MOUSE_TOKEN": "a-long-secret", "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=variables) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def learner_of(process: int) -> int:
    """The one program that a program has started."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    (learner,) = [int(child) for task in tasks for child in task.read_text().split()]
    return learner


def test_the_link_opens_the_run_and_ctrl_c_ends_the_learner_too(
    live: tuple[subprocess.Popen[str], str],
) -> None:
    process, link = live
    address = urlsplit(link)
    asked = {name: value for name, (value,) in parse_qs(address.query).items()}
    assert set(asked) == {"run", "token"}
    headers = {"Authorization": f"Bearer {asked['token']}"}
    with httpx2.Client(base_url=f"http://{address.netloc}", headers=headers) as client:
        run = client.get(f"/api/runs/{asked['run']}").json()
    first = run["timeline"][0]
    assert run["name"] == "frozenlake"
    assert first["step"] == 1
    assert {"dqn_success", "combined_loss"} <= set(first["metrics"])
    learner = os.pidfd_open(learner_of(process.pid))
    process.send_signal(signal.SIGINT)
    rest, told = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "")
    assert told.startswith("FrozenLake 4x4, slippery: the optimal policy reaches the goal in 79.7% of episodes")
    assert not re.search("Traceback|a-long-secret", told)
    assert select.select([learner], [], [], 60)[0]
    os.close(learner)


def test_a_learner_that_fails_ends_the_dashboard_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "gymnasium.py").write_text("raise ModuleNotFoundError('no gymnasium')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [str(MOUSE), "demo", "--live", "--port", "0", "--no-open", "--data-dir", str(tmp_path / "data")]
    variables = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "gymnasium: found no such package" in done.stderr
    assert done.stderr.endswith("mouse: the training ended with exit code 1; see its output above.\n")


def test_a_live_run_writes_no_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["demo", "--live", "--out", str(tmp_path / "demo.safetensors")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "mouse: --live: found --out too, expected one of them; a live run writes no file.\n"
