"""How long one waits for a dashboard and for the doctor, and the memory of an idle dashboard.

    .venv/bin/python -m benchmarks.start [--repeat 5]

Everything is started once before it is timed, so that files are in the system's cache and Python's are compiled. Times
are by the clock: on a machine that others use too they say little, and the processor's time beside them says more.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.parse import urlsplit

from mouse.demo import make_demo_batch

MOUSE = Path(sys.executable).with_name("mouse")
IDLE_SECONDS = 5
Times = dict[str, float]


def dashboard(file: Path, data_dir: Path, port: int) -> Times:
    """Seconds until the page is served, the link is printed and the application answers; MB once it is idle."""
    command = [str(MOUSE), "dashboard", str(file), "--port", str(port), "--no-open", "--data-dir", str(data_dir)]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            base = f"http://127.0.0.1:{port}"
            fetch(base)
            page = time.perf_counter() - start
            assert process.stdout is not None
            link = process.stdout.readline().strip()
            printed = time.perf_counter() - start
            fetch(f"{base}/api/batches/{urlsplit(link).query.removeprefix('batch=')}")
            answered = time.perf_counter() - start
            time.sleep(IDLE_SECONDS)
            worked, size = of_process(process.pid)
        finally:
            process.kill()
    return {"page": page, "link": printed, "batch": answered, "processor": worked, "MB": size}


def fetch(address: str) -> None:
    """Ask until there is an answer."""
    while True:
        with suppress(URLError, ConnectionError), urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310
            answer.read()
            return
        time.sleep(0.01)


def of_process(pid: int) -> tuple[float, float]:
    """Seconds that a processor worked for it, and its resident memory in MB, as Linux tells them."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def command(*arguments: str | Path) -> Times:
    """Seconds of a command by the clock and of the processor."""
    before, start = os.times(), time.perf_counter()
    subprocess.run([str(MOUSE), *map(str, arguments)], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return {"clock": time.perf_counter() - start, "processor": worked}


def tell(name: str, repeat: int, run: Callable[[], Times]) -> None:
    """Print the median of each number."""
    run()
    found = [run() for _ in range(repeat)]
    print(name, *(f"{key} {statistics.median(each[key] for each in found):.2f}" for key in found[0]), sep="  ")


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--port", type=int, default=18950)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        file, data_dir = Path(folder) / "demo.safetensors", Path(folder) / "data"
        make_demo_batch(file)
        print(f"a batch of {file.stat().st_size / 1e6:.1f} MB")
        tell("mouse dashboard", asked.repeat, lambda: dashboard(file, data_dir, asked.port))
        tell("mouse doctor", asked.repeat, lambda: command("doctor", file))
        tell("mouse --version", asked.repeat, lambda: command("--version"))


if __name__ == "__main__":
    main()
