"""Ctrl+C leaves a scan of what is done, and a second run goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mouse_dashboard.scan import local, task
from tests.server.scan.shards import write
from tests.server.scan.test_command import DQN, scan


def test_an_interrupted_scan_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 3)
    out, ran = tmp_path / "out", list[str]()

    def interrupted(request: task.Request, each: task.Task) -> bytes:
        ran.append(each.source.name)
        if len(ran) == 2:
            raise KeyboardInterrupt
        return task.run_task(request, each)

    with monkeypatch.context() as patch:
        patch.setattr(local, "run_task", interrupted)
        result = scan(tmp_path / "*.safetensors", *DQN, "--out", out)
    assert result.exit_code == 2
    assert "partial: 2 tasks not done; run the command again to go on" in result.stdout
    assert json.loads((out / "scan.json").read_text())["complete"] is False
    whole = scan(tmp_path / "*.safetensors", *DQN, "--out", out)
    assert whole.stdout == scan(tmp_path / "*.safetensors", *DQN, "--out", tmp_path / "other").stdout.replace(
        "other:", "out:"
    )


def test_an_interrupted_scan_that_is_kept_nowhere_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_request: task.Request, _task: task.Task) -> bytes:
        raise KeyboardInterrupt

    write(tmp_path, 2)
    monkeypatch.setattr(local, "run_task", interrupted)
    result = scan(tmp_path, *DQN)
    assert result.exit_code == 2
    kept = "partial: 2 tasks not done; nothing is kept: with --out a second run would go on"
    assert result.stdout.splitlines() == ["no shard is done", kept]


CTRL_C = """
import os, signal
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from mouse_dashboard.scan.local import _pool

with _pool(1) as pool:
    asked = pool.submit(os.kill, 0, 0)
    status = open(f"/proc/{forkserver._forkserver._forkserver_pid}/status").read()
    blocked = int(status.split("SigBlk:")[1].split()[0], 16)
    assert blocked >> signal.SIGINT - 1 & 1, "the server of the processes would print where it was"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    asked.result()
    try:
        pool.submit(signal.raise_signal, signal.SIGINT).result()
    except BrokenProcessPool:
        print("ended")
"""


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_ctrl_c_ends_the_processes_and_says_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", CTRL_C], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("ended\n", "")
