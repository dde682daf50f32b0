"""A program that is tied to another ends with it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mouse import child_process

pytestmark = pytest.mark.process

WAITING = """
import os, sys, threading
print(sys.argv[1], flush=True)
for descriptor in sys.argv[2:]:
    os.close(int(descriptor))
threading.Event().wait(60)
print("left behind")
"""


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that tells its argument, closes descriptors that are named, and waits."""
    (tmp_path / "waiting.py").write_text(WAITING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return "waiting"


def test_it_is_interrupted_when_its_input_closes(
    waiting: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", sys.argv)
    read, write = os.pipe()
    os.write(write, b"what is said before does not matter")
    with open(read, "rb") as closed, pytest.raises(SystemExit, match="130"):  # noqa: PTH123  a pipe has no path
        child_process.run([waiting, "hello", str(write)], closed)
    assert capsys.readouterr().out == "hello\n"


@pytest.mark.parametrize("of_starter", [signal.default_int_handler, signal.SIG_IGN], ids=["terminal", "background"])
def test_closing_its_input_ends_the_program(waiting: str, of_starter: Any) -> None:
    """Also where the one that started it runs in the background of a script, and ignores Ctrl+C."""
    before = signal.signal(signal.SIGINT, of_starter)
    try:
        process = child_process.start(waiting, "there", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout
    assert process.stdout.readline() == b"there\n"
    rest, _ = process.communicate(timeout=60)
    assert rest == b""
    assert process.returncode != 0


def test_it_ends_even_if_the_other_is_killed(waiting: str) -> None:
    starting = f"""
import subprocess, sys
from mouse import child_process
process = child_process.start({waiting!r}, "there", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
print(process.stdout.readline().decode(), process.pid, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", starting]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "there\n"
        child = int(parent.stdout.readline())
        descriptor = os.pidfd_open(child)
        parent.send_signal(signal.SIGKILL)
    assert ended(descriptor)


def ended(descriptor: int) -> bool:
    """Wait until a process of another has ended."""
    ready, _, _ = select.select([descriptor], [], [], 60)
    os.close(descriptor)
    return bool(ready)
