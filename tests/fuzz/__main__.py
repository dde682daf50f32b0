"""Fuzz for so many seconds: `python -m tests.fuzz SECONDS`. Atheris, where it is installed, guides it by coverage.

One target after the other, each in a process of its own, which atheris needs and a crash ends. What fails is written to
tests/fuzz/corpus/findings and replayed by the tests from then on; what reached new code is kept in tests/fuzz/grown,
where the next run starts.
"""

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.folders import CRASHES, FINDINGS, GROWN

SHARES = {"read": 0.5, "upload": 0.15, "map_by": 0.1, "body": 0.25}
MOST_BYTES = 20_000


def main() -> int:
    """Share the time out, and end with 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=3600)
    parser.add_argument("--target", choices=SHARES)
    asked = parser.parse_args()
    if asked.target:
        return fuzz(asked.target, asked.seconds)
    before = found()
    for target, share in SHARES.items():
        run_for(target, asked.seconds * share)
    return int(found() != before)


def run_for(target: str, seconds: float) -> None:
    """Run one target in a process of its own, and again for the time that is left where an input ended it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 1:
        command = [sys.executable, "-m", "tests.fuzz", str(left), "--target", target]
        if not subprocess.run(command, check=False).returncode or not put_crashes_aside(target):
            return


def put_crashes_aside(target: str) -> int:
    """Move away what ended the fuzzer but in the dashboard ends no more than a reader; return how many those were."""
    paths = [path for path in (FINDINGS / target).glob("crash-*") if target in {"read", "upload"} and is_refused(path)]
    CRASHES.mkdir(exist_ok=True)
    for path in paths:
        path.rename(CRASHES / path.name)
    return len(paths)


def is_refused(path: Path) -> bool:
    """Whether a sandboxed reader refuses a file, whatever becomes of its process."""
    from mouse_dashboard.reading import read_fields  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415
    from tests.fuzz.targets import LIMITS  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        received = shutil.copyfile(path, Path(folder) / "received")
        try:
            read_fields(received, "x", Path(folder), LIMITS)
        except ApiError:
            return True
    return False


def found() -> list[Path]:
    """Inputs that broke something; atheris ends with 0 when they were recorded on the way."""
    return sorted(path for path in FINDINGS.rglob("*") if path.is_file())


def fuzz(target: str, seconds: float) -> int:
    """Run one target."""
    warnings.simplefilter("ignore")  # torch warns of many a file
    atheris = _atheris()
    if atheris is None:
        return by_chance(target, seconds)
    with atheris.instrument_imports(include=["mouse", "mouse_dashboard"]):
        from tests.fuzz.corpus import stored  # noqa: PLC0415

        run = Recorded(target, target_of(target))
    start, grown = tempfile.mkdtemp(), GROWN / target
    grown.mkdir(parents=True, exist_ok=True)
    for content in stored(target):
        (Path(start) / hashlib.sha256(content).hexdigest()).write_bytes(content)
    (FINDINGS / target).mkdir(parents=True, exist_ok=True)
    flags = [f"-max_total_time={int(seconds)}", f"-max_len={MOST_BYTES}", f"-artifact_prefix={FINDINGS / target}/"]
    flags += ["-timeout=30", "-rss_limit_mb=4096", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], str(grown), start, *flags], run)
    print(f"{target}: {len(stored(target))} inputs to start from, {seconds:g} s", flush=True)
    atheris.Fuzz()
    return 0


def by_chance(target: str, seconds: float) -> int:
    """Change stored inputs at random places."""
    from tests.fuzz.corpus import stored  # noqa: PLC0415

    run, chance, count = Recorded(target, target_of(target)), random.Random(), 0
    started, inputs = time.monotonic(), stored(target)
    while time.monotonic() - started < seconds:
        run(changed(chance.choice(inputs), chance))
        count += 1
    print(f"{target}: {count} inputs, {len(run.places)} findings", flush=True)
    return int(bool(run.places))


class Recorded:
    """A target that writes what fails to the findings and goes on; of failures at one place it writes the first."""

    def __init__(self, target: str, run: Callable[[bytes], None]) -> None:
        self.places: set[str] = set()
        self._target, self._run = target, run

    def __call__(self, content: bytes) -> None:
        try:
            self._run(content)
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            place = "".join(traceback.format_tb(error.__traceback__))
            if place not in self.places:
                self.places.add(place)
                self._write(content, error)

    def _write(self, content: bytes, error: Exception) -> None:
        path = FINDINGS / self._target / hashlib.sha256(content).hexdigest()[:16]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{self._target}: {path.name}: {error!r}"[:500], flush=True)


def changed(content: bytes, chance: random.Random) -> bytes:
    """Overwrite, cut out, repeat or insert some bytes."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place, size = chance.randrange(len(made) + 1), chance.choice([1, 1, 2, 4, 8, 32])
        made[place : place + chance.choice([0, size])] = chance.choice(list(replacements(made, size, chance)))
    return bytes(made[:MOST_BYTES])


def replacements(made: bytes | bytearray, size: int, chance: random.Random) -> Iterator[bytes]:
    """What may stand in place of some bytes."""
    start = chance.randrange(len(made) + 1)
    yield chance.randbytes(size)
    yield bytes(made[start : start + size])
    yield chance.choice([b"\xff", b"\x00", b"\x7f"]) * size
    yield chance.choice([b"NaN", b"1e400", b"-1", b"18446744073709551615", b"null", b"[", b"{", b'"'])
    yield b""


def target_of(name: str) -> Any:
    """The function that takes an input."""
    from tests.fuzz import targets  # noqa: PLC0415
    from tests.server.reading.reading import START_A_PROCESS, read_here  # noqa: PLC0415

    for owner, attribute in START_A_PROCESS:
        setattr(owner, attribute, read_here)
    if name in {"upload", "body"}:
        return getattr(targets.Requests(), name)
    return getattr(targets, name)


def _atheris() -> Any:
    try:
        import atheris  # noqa: PLC0415
    except ImportError:
        return None
    return atheris


if __name__ == "__main__":
    sys.exit(main())
