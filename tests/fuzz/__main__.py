"""Fuzz for so many seconds: `python -m tests.fuzz SECONDS`. Atheris, where it is installed, guides it by coverage.

One target after the other, each in a process of its own, which atheris needs and a crash ends. What fails is written to
tests/fuzz/corpus/findings and replayed by the tests from then on.
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
    failed = 0
    for target, share in SHARES.items():
        command = [sys.executable, "-m", "tests.fuzz", str(asked.seconds * share), "--target", target]
        failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


def fuzz(target: str, seconds: float) -> int:
    """Run one target."""
    atheris = _atheris()
    if atheris is None:
        return by_chance(target, seconds)
    with atheris.instrument_imports(include=["mouse", "mouse_dashboard"]):
        from tests.fuzz.corpus import FINDINGS, stored  # noqa: PLC0415

        run = target_of(target)
    start, made = tempfile.mkdtemp(), tempfile.mkdtemp()
    for content in stored(target):
        (Path(start) / hashlib.sha256(content).hexdigest()).write_bytes(content)
    (FINDINGS / target).mkdir(parents=True, exist_ok=True)
    flags = [f"-max_total_time={int(seconds)}", f"-max_len={MOST_BYTES}", f"-artifact_prefix={FINDINGS / target}/"]
    flags += ["-timeout=30", "-rss_limit_mb=4096", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], made, start, *flags], run)
    print(f"{target}: {len(stored(target))} inputs to start from, {seconds:g} s", flush=True)
    atheris.Fuzz()
    return 0


def by_chance(target: str, seconds: float) -> int:
    """Change stored inputs at random places."""
    from tests.fuzz.corpus import FINDINGS, stored  # noqa: PLC0415

    warnings.simplefilter("ignore")  # torch warns of many a file
    run, chance, count, found = target_of(target), random.Random(), 0, 0
    started, inputs = time.monotonic(), stored(target)
    while time.monotonic() - started < seconds:
        content = changed(chance.choice(inputs), chance)
        count += 1
        try:
            run(content)
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            found += 1
            path = FINDINGS / target / hashlib.sha256(content).hexdigest()[:16]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{target}: {path.name}: {error!r}"[:500], flush=True)
    print(f"{target}: {count} inputs, {found} findings", flush=True)
    return int(found > 0)


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

    for owner, attribute in targets.START_A_PROCESS:
        setattr(owner, attribute, targets.read_here)
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
