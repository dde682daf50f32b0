"""How many functions and files one slider move runs through on the server.

``python -m benchmarks.hops [--list]`` sends one evaluate request, DQN with a map and a histogram, whose gamma differs
from that of the request before, and counts with a profile hook what of this project is called:
what a reader has to follow.
"""

import argparse
import tempfile
import threading
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from fastapi.testclient import TestClient

import mouse
import mouse_dashboard
from mouse.demo import make_demo_batch
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app

ROOMS = {str(Path(package.__path__[0])): package.__name__ for package in (mouse, mouse_dashboard)}


class Hops:
    """A profile hook that counts the calls of this project's functions."""

    def __init__(self) -> None:
        self.counting = False
        self.calls = Counter[CodeType]()
        self.deepest = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Count one call."""
        if self.counting and event == "call" and place_of(frame.f_code):
            self.calls[frame.f_code] += 1
            self.deepest = max(self.deepest, depth_of(frame))

    @property
    def files(self) -> set[str]:
        """Files of the functions that were called."""
        return {place_of(code) for code in self.calls}


def place_of(code: CodeType) -> str:
    """The file of a function as an import names it; empty for a function that is not this project's."""
    for folder, package in ROOMS.items():
        if code.co_filename.startswith(folder):
            return package + code.co_filename.removeprefix(folder)
    return ""


def depth_of(frame: FrameType) -> int:
    """How many functions of this project a frame is in."""
    depth, caller = 0, frame
    while caller is not None:
        depth += bool(place_of(caller.f_code))
        caller = caller.f_back
    return depth


def move(client: TestClient, batch_id: str, gamma: float) -> None:
    """Ask for what the page asks for while the slider is dragged."""
    view = {"loss": "dqn", "term": "loss"}
    body: dict[str, Any] = {
        "configs": {"dqn": {"gamma": gamma}},
        "figures": [{"kind": kind, **view} for kind in ("map", "histogram")],
        "brief": True,
    }
    client.post(f"/api/batches/{batch_id}/evaluate", json=body).raise_for_status()


def main() -> None:
    """Print both numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name every function, with how often it was called")
    arguments = parser.parse_args()
    hops = Hops()
    threading.setprofile(hops)  # before the threads of the application start
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.safetensors"
        make_demo_batch(file)
        with TestClient(create_app(Settings(data_dir=Path(folder) / "data")), "http://localhost") as client:
            sent = client.post("/api/batches", params={"name": "demo"}, content=file.read_bytes())
            batch_id = sent.raise_for_status().json()["id"]
            move(client, batch_id, 0.9)
            hops.counting = True
            move(client, batch_id, 0.95)
            hops.counting = False
    if arguments.list:
        for code, count in sorted(hops.calls.items(), key=lambda each: (place_of(each[0]), each[0].co_firstlineno)):
            print(f"{count:>5} {place_of(code)} {code.co_qualname}")
    functions = [code for code in hops.calls if not code.co_name.startswith("<")]  # no lambda, no comprehension
    print(f"{len(functions)} functions in {len(hops.files)} files, {hops.calls.total()} calls, {hops.deepest} deep")


if __name__ == "__main__":
    main()
