"""How much memory a dashboard takes to open and to explore a big batch, and how long that takes. Linux only.

    .venv/bin/python -m benchmarks.big_batches [--sizes 1M 4M 16M] [--losses dqn sp] [--dtypes float16] [--actions 18]

`mouse dashboard` is started with a file; then a loss is evaluated with map and histogram, its slider is dragged, the
map is zoomed, a transition and a table are opened, and the doctor examines the batch. Printed is the peak of the
process's resident memory (VmHWM) during each of these, and how far it lies above the size of the file, which the
kernel maps.
"""

import argparse
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import torch

from benchmarks.slider import DRAGGED, SIZES, write_batch


def memory(pid: int, key: str) -> float:
    """A line of a process's status, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1e3


def steps(loss: str) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What is asked for, by what a user does."""
    dragged, low, high, others = DRAGGED[loss]
    view = {"loss": loss, "term": "loss"}
    both = [{"kind": kind, **view} for kind in ("map", "histogram")]

    def configs(value: float) -> dict[str, Any]:
        return {"configs": {loss: {**others, dragged: value}}}

    moves = [low + (high - low) * move / 10 for move in range(1, 9)]
    return {
        "evaluate": [("evaluate", {**configs(low), "figures": both})],
        "drag": [("evaluate", {**configs(value), "figures": both, "brief": True}) for value in moves],
        "rest": [("evaluate", {**configs(high), "figures": both})],
        "zoom": [("evaluate", {**configs(high), "figures": [{**each, "rows": [100, 300]} for each in both]})],
        "transition": [("transition", {**configs(high), **view, "rows": [100, 300]})],
        "table": [("evaluate", {**configs(high), "figures": [{"kind": "worst", **view}]})],
        "doctor": [("doctor", configs(high))],
    }


def ask(url: str, route: str, body: dict[str, Any]) -> str:
    """Send a request; why it was refused, if it was."""
    request = urllib.request.Request(f"{url}/{route}", json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            answer.read()
    except urllib.error.HTTPError as error:
        return f" {error.code} {error.read().decode()[:140]}"
    return ""


def measure(size: str, loss: str, actions: int, dtype: str) -> None:
    """Print a line for each step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.safetensors"
        arguments = (path, loss, SIZES[size], actions, getattr(torch, dtype))
        writer = multiprocessing.get_context("spawn").Process(target=write_batch, args=arguments)
        writer.start()
        writer.join()
        file = path.stat().st_size / 1e6
        print(f"{loss} at {size} x {actions}, {dtype}: a file of {file:,.0f} MB", flush=True)
        mouse = str(Path(sys.executable).with_name("mouse"))
        command = [mouse, "dashboard", str(path), "--no-open", "--port", "0", "--data-dir", f"{folder}/data"]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own command
            assert process.stdout is not None
            link = next(match for line in process.stdout if (match := re.search(r"(http://\S+?)\?batch=(\w+)", line)))
            url = f"{link[1].rstrip('/')}/api/batches/{link[2]}"
            urllib.request.urlopen(url).read()  # noqa: S310
            tell("open", process.pid, start, file)
            for step, requests in steps(loss).items():
                start = time.perf_counter()
                refused = [ask(url, *request) for request in requests]
                tell(step, process.pid, start, file, refused[0], len(requests))
            process.terminate()


def tell(step: str, pid: int, start: float, file: float, refused: str = "", times: int = 1) -> None:  # noqa: PLR0913, PLR0917
    """Print a line, and let the peak begin anew."""
    seconds = (time.perf_counter() - start) / times
    peak, own = memory(pid, "VmHWM:"), memory(pid, "RssAnon:")
    beyond = f"{peak - file:6,.0f} beyond the file; own {own:6,.0f}{refused}"
    print(f"  {step:11}{seconds:8.2f} s  peak {peak:6,.0f} MB, {beyond}", flush=True)
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["1M", "4M", "16M"])
    parser.add_argument(
        "--losses", nargs="+", choices=[name for name in DRAGGED if " " not in name], default=["dqn", "sp"]
    )
    parser.add_argument("--dtypes", nargs="+", choices=["float32", "float16", "bfloat16"], default=["float16"])
    parser.add_argument("--actions", type=int, default=18)
    asked = parser.parse_args()
    os.environ.setdefault("MOUSE_TIME_LIMIT_SECONDS", "600")
    for dtype in asked.dtypes:
        for size in asked.sizes:
            for loss in asked.losses:
                measure(size, loss, asked.actions, dtype)


if __name__ == "__main__":
    main()
