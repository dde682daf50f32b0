"""The client never waits, never raises into training, and tells what became of every snapshot."""

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load  # pyright: ignore[reportUnknownVariableType]
from tensordict import TensorDict

import mouse
from mouse.client import Client, Stats
from mouse.losses.dqn import DqnLossConfig
from tests.mouse.client.batches import NBYTES, numbered
from tests.mouse.client.scripted import Answer, Asked, Scripted, scripted, stores_everything


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mouse.client.sending.FIRST_WAIT", 0.001)
    monkeypatch.setattr("mouse.client.sending.LONGEST_WAIT", 0.001)


def stalling(dashboard: Scripted) -> tuple[Event, Event]:
    """Make it take a request and not answer; set the second event, and it does."""
    asked, go_on = Event(), Event()

    def answer(request: Asked) -> Answer:
        asked.set()
        assert go_on.wait(60)
        return stores_everything(request)

    dashboard.answer = answer
    return asked, go_on


def test_snapshots_arrive_in_order_with_what_was_said_of_them() -> None:
    with scripted() as dashboard:
        with mouse.Client(dashboard.base, token="s3cret", run="cartpole") as client:
            for step in range(3):
                client.push(*numbered(), step=step, configs={"dqn": DqnLossConfig(gamma=0.5)}, metrics={"loss": 0.25})
        assert dashboard.steps == [0, 1, 2]
        (session,) = {snapshot["session"] for snapshot in dashboard.snapshots}
        assert (dashboard.snapshots[0]["run"], len(session)) == ("cartpole", 32)
        assert dashboard.snapshots[0]["configs"]["dqn"]["gamma"] == 0.5
        assert {asked.headers["Authorization"] for asked in dashboard.asked} == {"Bearer s3cret"}
        sent = sum(len(asked.body) for asked in dashboard.asked if asked.path != "/api/snapshots")
        assert client.stats == Stats(pushed=3, sent=3, bytes=sent)


def test_arrays_by_name_may_leave_their_state(caplog: pytest.LogCaptureFixture) -> None:
    steps = {"reward": np.array([[1.0, 2.0, 3.0]]), "done": [[0, 1, 0]]}
    with scripted() as dashboard, mouse.Client(dashboard.base) as client:
        client.push(steps, {"dqn": np.zeros((1, 3, 2))}, step=0, alignment="state")
        client.close()
        (body,) = (asked.body for asked in dashboard.asked if asked.path != "/api/snapshots")
    assert (load(body)["reward"].tolist(), load(body)["done"].tolist()) == ([[0, 1, 2]], [[0, 0, 1]])
    assert not caplog.records


def test_each_client_makes_a_run_of_its_own_unless_it_resumes_one() -> None:
    with scripted() as dashboard:
        for resume in (False, False, True):
            with Client(dashboard.base, run="cartpole", resume=resume) as client:
                client.push(*numbered(), step=0)
        first, second, resumed = (snapshot["session"] for snapshot in dashboard.snapshots)
    assert first != second
    assert resumed is None


def test_a_stalled_dashboard_costs_the_oldest_and_no_time(caplog: pytest.LogCaptureFixture) -> None:
    with scripted() as dashboard:
        asked, go_on = stalling(dashboard)
        with Client(dashboard.base, queue_bytes=2 * NBYTES) as client:
            client.push(*numbered(), step=0)
            assert asked.wait(60)
            for step in range(1, 6):
                client.push(*numbered(), step=step)
            assert client.stats == Stats(pushed=6, dropped=3, queued=3)
            go_on.set()
        assert dashboard.steps == [0, 4, 5]
        assert (client.stats.sent, client.stats.queued) == (3, 0)
    assert [record.getMessage() for record in caplog.records] == [
        "snapshots come faster than they can be sent; the oldest are dropped."
    ]


def test_a_dashboard_that_comes_back_gets_everything() -> None:
    failed = Event()

    with scripted() as dashboard:

        def away(_: Asked) -> Answer:
            if len(dashboard.asked) > 5:
                failed.set()
            raise ConnectionError

        dashboard.answer = away
        with Client(dashboard.base) as client:
            for step in range(4):
                client.push(*numbered(), step=step)
            assert failed.wait(60)
            dashboard.answer = stores_everything
        assert dashboard.steps == [0, 1, 2, 3]
        assert client.stats.sent == 4


def test_without_a_dashboard_training_goes_on_and_the_end_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    with scripted() as gone:
        client = Client(gone.base)
    for step in range(3):
        client.push(*numbered(), step=step)
    client.close(timeout=0)
    client.push(*numbered(), step=3)
    assert client.stats == Stats(pushed=4, dropped=4)
    assert "Not sent within 0 s: 3 snapshots." in caplog.messages


def test_a_wrong_token_is_told_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with scripted(lambda _: (401, {"code": "no_token", "message": "This dashboard asks for its token."})) as dashboard:
        with Client(dashboard.base, token="wrong") as client:
            for step in range(3):
                client.push(*numbered(), step=step)
        assert client.stats == Stats(pushed=3, refused=3)
        assert caplog.messages == [
            f"a snapshot was refused: {dashboard.base} answered 401: This dashboard asks for its token."
        ]


def test_what_cannot_be_copied_or_stored_is_told_and_the_rest_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    step_stream, out = numbered()
    named = TensorDict({"x\ud800": out["dqn"]}, [6, 3])
    with scripted() as dashboard:
        with Client(dashboard.base) as client:
            client.push(step_stream, out, step=0, configs={"other": DqnLossConfig()})
            client.push(step_stream, out, step=1, max_sequences=0)
            client.push(step_stream, out.select(), step=2)
            client.push(step_stream, named, step=3)
            client.push(step_stream, out, step=4)
        assert dashboard.steps == [2, 4]
    assert client.stats.refused == 3
    assert [message.partition(": ")[0] for message in caplog.messages] == [
        "a snapshot could not be copied",
        "a snapshot could not be copied",
        "a snapshot is not a batch that can be stored",
    ]


def test_what_nobody_expects_costs_one_snapshot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    def fail_first(*_: Any, **_named: Any) -> bytes:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("unexpected")
        return b""

    monkeypatch.setattr("mouse.client.sending.batch_bytes", fail_first)
    with scripted() as dashboard, Client(dashboard.base) as client:
        client.push(*numbered(), step=0)
        client.push(*numbered(), step=1)
        client.close(60)
        assert (dashboard.steps, client.stats.refused, client.stats.sent) == ([1], 1, 1)
    assert "unexpected" in caplog.text


def test_several_threads_may_push() -> None:
    with scripted() as dashboard:
        with Client(dashboard.base) as client, ThreadPoolExecutor(4) as pool:
            for pushed in [pool.submit(client.push, *numbered(), step=step) for step in range(20)]:
                pushed.result()
        assert sorted(dashboard.steps) == list(range(20))
        assert client.stats.sent == 20


def test_another_process_does_not_push_and_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with scripted() as dashboard:
        client = Client(dashboard.base)
        with monkeypatch.context() as forked:
            forked.setattr(os, "getpid", lambda: -1)
            client.push(*numbered(), step=0)
            client.push(*numbered(), step=1)
            client.close()
        assert client.stats == Stats()
        client.push(*numbered(), step=2)
        client.close(60)
        assert dashboard.steps == [2]
    assert caplog.messages == [
        "this client was made in another process, so it sends nothing; make one in this process."
    ]


@pytest.mark.parametrize("run", ["", "x" * 201, "a\nb", "\x00", "\u202e"])
def test_a_name_that_cannot_be_shown_is_refused_at_the_start(run: str) -> None:
    with pytest.raises(ValueError, match=r"^run: found .*, expected 1 to 200 printable characters"):
        Client("http://localhost:8000", run=run)


def test_a_thread_that_cannot_start_costs_nothing_but_what_waits_for_it(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    with scripted() as dashboard, Client(dashboard.base) as client:
        with monkeypatch.context() as patched:
            patched.setattr("mouse.client.client.Thread.start", refuse)
            client.push(*numbered(), step=0)
        assert client.stats == Stats(pushed=1, queued=1)
        assert [record.getMessage() for record in caplog.records] == [
            "snapshots wait, and no thread can send them: can't start new thread."
        ]
        client.push(*numbered(), step=1)
        client.close()
        assert dashboard.steps == [0, 1]


def test_a_client_that_pushed_nothing_has_nothing_to_end() -> None:
    client = Client("http://localhost:8000")
    client.close()
    assert client.stats == Stats()


@pytest.mark.process
def test_a_program_that_ends_sends_what_waits() -> None:
    code = """
import sys, mouse
from tests.mouse.client.batches import numbered
client = mouse.Client(sys.argv[1])
for step in range(5):
    client.push(*numbered(), step=step)
"""
    with scripted() as dashboard:
        ended = subprocess.run([sys.executable, "-c", code, dashboard.base], capture_output=True, text=True, check=True)
        assert dashboard.steps == [0, 1, 2, 3, 4]
    assert ended.stderr == ""


@pytest.mark.process
def test_mouse_is_imported_without_what_the_client_needs() -> None:
    code = "import sys, mouse; print(sorted({'torch', 'urllib3', 'mouse.client'} & set(sys.modules))); mouse.Client"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_pushing_logs_nothing_when_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "mouse.client"), scripted() as dashboard, Client(dashboard.base) as client:
        client.push(*numbered(), step=0)
        client.close(60)
        assert client.stats.sent == 1
    assert caplog.messages == []
