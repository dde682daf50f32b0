"""A training script and a real dashboard that is killed under it."""

import logging
from pathlib import Path
from typing import Any

import httpx2
import pytest
from urllib3.exceptions import HTTPError

import mouse
from mouse.batch import batch_bytes, load_batch
from mouse.client.outbox import Outbox, Stats
from mouse.client.sending import Sender
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse.losses.sv import SvLossConfig
from tests.server.batches import random_batch
from tests.server.runs.service import Service, listening, service

pytestmark = pytest.mark.process

DQN = DqnLossConfig(gamma=0.5)
CONFIGS = {"dqn": DQN, "sv": SvLossConfig()}
STEPS = range(16)


def push(client: mouse.Client, step: int) -> bytes:
    """Push a batch that tells its step, and return what its file must be."""
    batch: Any = random_batch(rows=8, seed=step)
    client.push(batch.step_stream, batch.out, step=step, configs=CONFIGS, metrics={"step": step})
    return batch_bytes(batch.step_stream, batch.out)


def killed_while_sending(running: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Kill it at three steps, each time elsewhere; it starts again once the client waits."""
    deaths: list[str] = []
    post, pause = Sender._post, Outbox.pause  # pyright: ignore[reportPrivateUsage]  the places to kill at

    def die(place: str) -> None:
        if place not in deaths:
            deaths.append(place)
            running.kill()

    def posting(self: Sender, path: str, content: bytes, content_type: str) -> dict[str, Any]:
        if b'"step": 5,' in content:
            die("between a batch and its snapshot")
        if "-10." in path:
            die("before a batch")
        told = post(self, path, content, content_type)
        if b'"step": 15,' in content and len(deaths) < 3:
            die("after a snapshot is stored, before anybody knows")
            raise HTTPError
        return told

    def waiting(self: Outbox, seconds: float) -> bool:
        assert running.process
        if running.process.poll() is not None:
            running.start()
        return pause(self, seconds)

    monkeypatch.setattr(Sender, "_post", posting)
    monkeypatch.setattr(Outbox, "pause", waiting)
    return deaths


def test_a_dashboard_that_is_killed_again_and_again_gets_the_whole_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with service(tmp_path) as running, caplog.at_level(logging.WARNING, "mouse.client"):
        deaths = killed_while_sending(running, monkeypatch)
        with mouse.Client(running.base, run="killed") as client:
            contents = [push(client, step) for step in STEPS]
            client.close(240)
        assert len(deaths) == 3
        assert client.stats == Stats(pushed=len(STEPS), sent=len(STEPS), bytes=sum(map(len, contents)))
        assert [message.partition(" (")[0] for message in caplog.messages] == 3 * [
            f"{running.base} accepts no snapshots now"
        ]
        with httpx2.Client(base_url=running.base, timeout=120) as browser, listening(browser) as told:
            (run,) = browser.get("/api/runs").json()["runs"]
            address = f"/api/runs/{run['id']}"
            while any(snapshot["state"] == "pending" for snapshot in browser.get(address).json()["timeline"]):
                next(told)
            timeline = browser.get(address).json()["timeline"]
            assert [(each["step"], each["metrics"], each["state"]) for each in timeline] == [
                (step, {"step": float(step)}, "examined") for step in STEPS
            ]
            for step, snapshot in enumerate(timeline):
                assert browser.get(f"/api/batches/{snapshot['batch_id']}/file").content == contents[step]
            assert len(browser.get("/api/batches").json()["batches"]) == 1, "the file that it was started with"


def test_the_numbers_of_a_part_are_those_of_training_on_that_part(tmp_path: Path) -> None:
    batch: Any = random_batch(rows=8)
    with service(tmp_path) as running, httpx2.Client(base_url=running.base, timeout=120) as browser:
        with mouse.Client(f"{running.base}/?batch=something") as client:
            client.push(batch.step_stream, batch.out, step=0, configs=CONFIGS, max_sequences=4)
        assert client.stats.sent == 1
        (run,) = browser.get("/api/runs", params={"search": "run"}).json()["runs"]
        (snapshot,) = browser.get(f"/api/runs/{run['id']}").json()["timeline"]
        assert snapshot["sequences"] == {"kept": 4, "of": 8}
        file = tmp_path / "part.safetensors"
        file.write_bytes(browser.get(f"/api/batches/{snapshot['batch_id']}/file").content)
        for kept, whole in zip(load_batch(file), (batch.step_stream, batch.out), strict=True):
            assert all(bool((value == whole[name][::2]).all()) for name, value in kept.items())
        body = {"configs": browser.get(f"/api/batches/{snapshot['batch_id']}").json()["snapshot"]["configs"]}
        shown = browser.post(f"/api/batches/{snapshot['batch_id']}/evaluate", json=body).json()["losses"]
        expected, _ = dqn_loss(batch.step_stream[::2], batch.out[::2], DQN)
        assert shown["dqn"]["loss"] == float(expected)
