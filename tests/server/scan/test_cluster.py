"""Runs only where Ray is installed: `pip install ".[cluster]"`."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan.cluster import run_on_ray
from mouse_dashboard.scan.local import run_here
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.task import Request, Task, tasks_of
from mouse_dashboard.schema.errors import ApiError
from tests.server.scan.shards import write

REQUEST = Request(configs=dump_configs({"dqn": LOSSES["dqn"].config()}))
HEAD, WORKER = "127.0.0.2", "127.0.0.3"


def free_port() -> int:
    with socket.create_server((HEAD, 0)) as listening:
        return listening.getsockname()[1]


def start(*flags: str) -> subprocess.Popen[bytes]:
    """Start a node that leads a session of its own, so that all of it can be ended."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", "--num-cpus=1"]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    return subprocess.Popen([*command, *flags], start_new_session=True, stdout=subprocess.DEVNULL, env=environment)


@pytest.fixture
def nodes() -> Iterator[tuple[Any, subprocess.Popen[bytes]]]:
    """Two nodes on loopback: Ray, connected to them, and the second node's process."""
    ray: Any = pytest.importorskip("ray")
    address = f"{HEAD}:{free_port()}"
    port = address.rpartition(":")[2]
    started = [start("--head", f"--node-ip-address={HEAD}", f"--port={port}", "--include-dashboard=false")]
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                ray.init(address=address, _node_ip_address=HEAD, log_to_driver=False, logging_level="ERROR")
                break
            except (ConnectionError, RuntimeError, ValueError):
                assert time.monotonic() < deadline, "the head did not start"
        started.append(start(f"--address={address}", f"--node-ip-address={WORKER}"))
        while ray.cluster_resources().get("CPU", 0) < 2:
            assert time.monotonic() < deadline, "the second node did not join"
        yield ray, started[1]
    finally:
        ray.shutdown()
        for node in started:
            os.killpg(node.pid, signal.SIGKILL)
            node.wait()


@pytest.mark.process
@pytest.mark.filterwarnings("default")  # of Ray's own
def test_a_cluster_finds_the_same_though_a_node_dies(
    nodes: tuple[Any, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    _ray, worker = nodes
    write(tmp_path, 12)
    tasks = [task for source in sources_of([str(tmp_path)]) for task in tasks_of(source)]
    results: dict[Task, bytes] = {}
    for task, result in run_on_ray(REQUEST, tasks, "auto", 0):
        if not results:
            os.killpg(worker.pid, signal.SIGKILL)
        results[task] = result
    assert results == dict(run_here(REQUEST, tasks))


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ApiError, match=r"install mouse-rl\[cluster\]"):
        next(run_on_ray(REQUEST, [], "auto", 0))
