"""The cluster engine: Ray schedules the tasks, with backpressure, and retries those whose node died.

Plain tasks and no actors: a worker process runs many of them and keeps the model that it has loaded; an actor whose
node died may wait for room for ever.
"""

import logging
import os
from collections.abc import Sequence
from typing import Any

from mouse_dashboard.scan.local import ENDED, Results
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.task import RESULT, Request, Task, TaskResult, run_task
from mouse_dashboard.schema.errors import ApiError

IN_FLIGHT = 2
"""Tasks that are handed out for each processor: one that runs, and one that waits for it."""
RETRIES = 3
MISSING = "--ray: found no package ray, expected it; install mouse-rl[cluster]."


def run_on_ray(request: Request, tasks: Sequence[Task], address: str, gpus: float) -> Results:
    """Run tasks on a cluster, and yield each result as it comes.

    Args:
        request: what is computed.
        tasks: what to run; shards and functions must be where they are named on every node.
        address: of the cluster; ``auto`` for the one that this machine is a node of.
        gpus: part of a GPU that each task takes.

    Raises:
        ApiError: 422, no package ray, or no cluster at the address.
    """
    ray = _connected(address)
    lost = ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError, ray.exceptions.NodeDiedError
    remote = ray.remote(max_retries=RETRIES, num_cpus=1, num_gpus=gpus, max_calls=0)(run_task)
    shared, waiting = ray.put(request), list(reversed(tasks))
    running: dict[Any, Task] = {}
    while waiting or running:
        room = IN_FLIGHT * max(1, int(ray.cluster_resources().get("CPU", 1)))
        while waiting and len(running) < room:
            task = waiting.pop()
            running[remote.remote(shared, task)] = task
        (done,), _ = ray.wait([*running], num_returns=1)
        try:
            result = ray.get(done)
        except lost:  # as often as it was tried
            result = RESULT.dump_json(TaskResult(Summary(), ENDED))
        yield running.pop(done), result


def _connected(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ApiError(422, "missing_package", MISSING) from error
    if not ray.is_initialized():
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError) as error:
            raise ApiError(422, "no_cluster", f"--ray {address}: found no cluster there ({error}).") from error
    return ray
