import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from unittest.mock import Mock

import pytest

from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan import cluster
from mouse_dashboard.scan.cluster import run_on_ray
from mouse_dashboard.scan.local import ENDED, run_in_process
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.task import RESULT, Request, Task, run_task, tasks_of
from mouse_dashboard.schema.errors import ApiError
from tests.server.scan.shards import write

REQUEST = Request(configs=dump_configs({"dqn": LOSSES["dqn"].config()}))
HEAD, WORKER = "127.0.0.2", "127.0.0.3"
START_SECONDS = 300
"""Until two nodes that do not stand are broken, on a machine that is busy too."""


def free_port() -> int:
    with socket.create_server((HEAD, 0)) as listening:
        return listening.getsockname()[1]


def start(python: Path, *flags: str) -> subprocess.Popen[bytes]:
    """Start a node that leads a session of its own, so that all of it can be ended."""
    command = [python, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats", "--num-cpus=1"]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    return subprocess.Popen([*command, *flags], start_new_session=True, stdout=subprocess.DEVNULL, env=environment)


@pytest.fixture
def worker_node(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The second of two nodes on loopback, to which Ray is connected."""
    import ray  # noqa: PLC0415  it takes a second to import: only where it is needed

    environment = tmp_path / "environment"
    environment.symlink_to(sys.prefix)  # Ray hands its interpreter to a shell unquoted: a path with a space breaks it
    python = environment / "bin" / "python"
    address = f"{HEAD}:{free_port()}"
    port = address.rpartition(":")[2]
    started = [start(python, "--head", f"--node-ip-address={HEAD}", f"--port={port}", "--include-dashboard=false")]
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                ray.init(address=address, _node_ip_address=HEAD, log_to_driver=False, logging_level=logging.ERROR)
                break
            except (ConnectionError, RuntimeError, ValueError):
                assert time.monotonic() < deadline, "the head did not start"
        started.append(start(python, f"--address={address}", f"--node-ip-address={WORKER}"))
        while ray.cluster_resources().get("CPU", 0) < 2 and not Event().wait(0.1):  # asking takes a core that it needs
            assert time.monotonic() < deadline, "the second node did not join"
        yield started[1]
    finally:
        ray.shutdown()
        for node in started:
            os.killpg(node.pid, signal.SIGKILL)
            node.wait()


@pytest.mark.process
@pytest.mark.filterwarnings("default")  # of Ray's own
def test_a_cluster_finds_the_same_though_a_node_dies(worker_node: subprocess.Popen[bytes], tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write(data, 12)
    tasks = [task for source in sources_of([str(data)]) for task in tasks_of(source)]
    results: dict[Task, bytes] = {}
    for task, result in run_on_ray(REQUEST, tasks, "auto", 0):
        if not results:
            os.killpg(worker_node.pid, signal.SIGKILL)
        results[task] = result
    assert results == dict(run_in_process(REQUEST, tasks))


@pytest.mark.parametrize(
    ("lost", "said"),
    [("WorkerCrashedError", ()), ("OutOfMemoryError", ("no memory was left",)), ("NodeDiedError", ("it died",))],
)
def test_a_task_that_ray_gives_up_is_an_entry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lost: str, said: tuple[str, ...]
) -> None:
    from ray import exceptions  # noqa: PLC0415  as above

    write(tmp_path, 2)
    first, second = (task for source in sources_of([str(tmp_path)]) for task in tasks_of(source))

    def get(done: Task) -> bytes:
        if done == first:
            raise getattr(exceptions, lost)(*said)
        return run_task(REQUEST, done)

    def submit(_request: Request, task: Task) -> Task:
        return task

    def wait(running: list[Task], num_returns: int) -> tuple[list[Task], list[Task]]:
        return running[:num_returns], running[num_returns:]

    of_ray = Mock(exceptions=exceptions, get=get, wait=wait)
    of_ray.remote.return_value.return_value.remote = submit
    of_ray.cluster_resources.return_value = {"CPU": 1}
    monkeypatch.setattr(cluster, "_connected", Mock(return_value=of_ray))
    results = dict(run_on_ray(REQUEST, [first, second], "auto", 0))
    assert RESULT.validate_json(results[first]).error == ENDED
    assert RESULT.validate_json(results[second]).error is None


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ApiError, match=r"install mouse-rl\[cluster\]"):
        next(run_on_ray(REQUEST, [], "auto", 0))
