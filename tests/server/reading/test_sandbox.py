"""A sandboxed reader has little memory, little time and no secrets, and its answer is not believed."""

import errno
import resource
from pathlib import Path

import pytest

from mouse_dashboard.reading import FileLimits
from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.sandbox import run
from mouse_dashboard.reading.sandbox.limits import MEMORY, OVERHEAD, cpu_seconds, wall_seconds
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.schema.errors import ApiError

pytestmark = pytest.mark.process

CAP = 1 << 20
READER = """
import os, resource, sys, time
from mouse_dashboard.reading.sandbox.worker_result import ReadSummary
from mouse_dashboard.reading.errors import invalid_file

def read(received, target, limits):
    {body}
    return ReadSummary(notes=[str(value)], layout="", names={{}})
"""


def sandboxed(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> ReadSummary:
    """Run a reader of its own in the sandbox; what it says is its only note."""
    (folder / "own_reader.py").write_text(READER.format(body=body))
    monkeypatch.setitem(run.ENVIRONMENT, "PYTHONPATH", f"{folder}:{run.ENVIRONMENT['PYTHONPATH']}")
    (folder / "received").write_bytes(bytes(1000))
    return run.read_in_sandbox("own_reader", folder / "received", folder / "target", FileLimits(CAP), Cancellation())


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", CAP + OVERHEAD),
        ("RLIMIT_DATA", MEMORY + 2000),
    ],
)
def test_its_limits_cannot_be_raised_again(
    limit: str, value: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = sandboxed(monkeypatch, tmp_path, f"value = resource.getrlimit(resource.{limit})")
    assert summary.notes == [str((value, value))]
    assert resource.getrlimit(getattr(resource, limit))[1] != value


@pytest.mark.parametrize(("mebibytes", "seconds"), [(0, 5), (1, 6), (10, 10), (229, 120), (230, 120), (100_000, 120)])
def test_a_small_file_gets_a_short_time_and_no_file_a_long_one(mebibytes: int, seconds: int) -> None:
    limits = FileLimits(CAP)
    assert cpu_seconds(mebibytes << 20, limits) == seconds
    assert wall_seconds(mebibytes << 20, limits) == 30 + 2 * seconds


def test_an_operator_may_give_a_large_file_more_time() -> None:
    limits = FileLimits(CAP, max_seconds=86_400)
    assert cpu_seconds(1 << 20, limits) == cpu_seconds(1 << 20, FileLimits(CAP))
    assert cpu_seconds(10_000 << 20, limits) == 5005


def test_its_processor_time_is_that_of_its_file_beside_what_its_imports_took(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = sandboxed(
        monkeypatch, tmp_path, "value = resource.getrlimit(resource.RLIMIT_CPU)[1] - time.process_time()"
    )
    granted = cpu_seconds(1000, FileLimits(CAP))
    assert granted <= float(summary.notes[0]) < granted + 2


def test_it_sees_no_token_and_no_other_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MOUSE_TOKEN", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    summary = sandboxed(monkeypatch, tmp_path, "value = dict(os.environ)")
    assert "PYTHONPATH" in summary.notes[0]
    assert "secret" not in summary.notes[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("value = len(bytearray(8 << 30))", "needs too much memory"),
        ("value = target.write_bytes(bytes(CAP := 70 << 20))", "a damaged file"),
        ("os.abort()", "crashed its reader"),
        ("sys.exit(3)", "crashed its reader"),
        ("os._exit(0)", "invalid result"),
        ('print(\'{"summary": {"notes": 7}}\'); sys.stdout.flush(); os._exit(0)', "invalid result"),
        ("print('{}'); sys.stdout.flush(); os._exit(0)", "invalid result"),
        ("print('x' * (33 << 20)); sys.stdout.flush(); os._exit(0)", "invalid result"),
        ("raise invalid_file('a lie', 'truth')", "found a lie, expected truth"),
        ("raise RuntimeError(received)", "a damaged file"),
    ],
)
def test_whatever_it_does_comes_out_as_one_sentence(
    body: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ApiError) as error:
        sandboxed(monkeypatch, tmp_path, body)
    assert error.value.body.status == 422
    assert message in error.value.body.message
    assert str(tmp_path) not in error.value.body.message


def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def one_second(_size: int, _limits: FileLimits) -> int:
        return 1

    monkeypatch.setattr(run, "wall_seconds", one_second)
    with pytest.raises(ApiError, match="takes more than 1 seconds"):
        sandboxed(monkeypatch, tmp_path, "time.sleep(1000)")


@pytest.mark.parametrize(
    "body",
    [
        "raise OSError(28, 'No space left on device')",
        "value = 1; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)  # no room for the answer",
    ],
)
def test_a_full_disk_says_nothing_of_the_file(body: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as error:
        sandboxed(monkeypatch, tmp_path, body)
    assert error.value.errno == errno.ENOSPC
