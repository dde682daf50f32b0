"""What goes wrong in a run reaches the operator's address and the training's own callback, through a real dashboard."""

import json
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

import mouse
from mouse.client import RunFinding
from mouse.losses.dqn import DqnLossConfig
from tests.mouse.client.scripted import Answer, Asked, scripted
from tests.server.batches import random_batch
from tests.server.runs.service import service

pytestmark = pytest.mark.process


def test_a_finding_reaches_the_address_and_the_callback(tmp_path: Path) -> None:
    posted, told = Queue[Asked](), Queue[RunFinding]()

    def answer(asked: Asked) -> Answer:
        posted.put(asked)
        return 200, {}

    batch: Any = random_batch(rows=8)
    broken = batch.step_stream.clone()
    broken["reward"][0, 1] = float("nan")
    with scripted(answer) as listener, service(tmp_path, "--notify", f"{listener.base}/hook") as running:
        with mouse.Client(running.base, run="cartpole") as client:
            client.on_finding(told.put, severity="error")
            for step, each in enumerate((batch.step_stream, broken)):
                client.push(each, batch.out, step=step, configs={"dqn": DqnLossConfig()})
            client.close(240)
        heard = {finding.message for finding in told.queue if finding.step == 1}
        (message,) = (each for each in heard if "input-not-finite" in each)
        while message != json.loads(posted.get(timeout=60).body)["message"]:
            pass
