"""Events of runs reach everybody who listens at once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest

from mouse_dashboard.runs import events
from mouse_dashboard.runs.events import Events, Message
from mouse_dashboard.runs.models import Event, Reload, RunEvent, RunSummary
from mouse_dashboard.web import event_stream
from mouse_dashboard.web.event_stream import COMMENT, stream
from tests.server.files import OCTETS, saved_batch
from tests.server.runs.service import listening, service

RUN = RunSummary(
    id="0" * 32,
    name="run",
    created="",
    updated="",
    snapshots=0,
    last_step=None,
    bytes=0,
    pinned=0,
    dropped=0,
    pending=0,
)


def created(name: str) -> RunEvent:
    return RunEvent(what="created", run=RUN.model_copy(update={"name": name}))


async def some(stream: AsyncIterator[Message], count: int) -> list[Event]:
    return [(await anext(stream)).event for _ in range(count)]


class CountedEvent(RunEvent):
    """Counts how often it is encoded."""

    encodings: ClassVar[int] = 0

    def model_dump_json(self, **options: Any) -> str:
        CountedEvent.encodings += 1
        return super().model_dump_json(**options)


def test_an_event_is_encoded_once_for_all_listeners() -> None:
    async def check() -> None:
        hub = Events()
        streams: list[Any] = [stream(hub).body_iterator for _ in range(5)]
        for each in streams:
            await anext(each)
        event = CountedEvent(what="created", run=RUN)
        hub.publish(event)
        sent = [await anext(each) for each in streams]
        assert CountedEvent.encodings == 1
        assert set(sent) == {f"data: {event.model_dump_json()}\n\n".encode()}

    asyncio.run(check())


def test_what_waits_is_sent_at_once() -> None:
    async def check() -> None:
        hub = Events()
        chunks: Any = stream(hub).body_iterator
        await anext(chunks)
        hub.publish(created("a"))
        hub.publish(created("b"))
        assert (await anext(chunks)).count(b"data: ") == 2
        hub.publish(created("last"))
        hub.close()
        assert [chunk.count(b"data: ") async for chunk in chunks] == [1]

    asyncio.run(check())


def test_a_comment_is_sent_where_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SECONDS_TO_COMMENT", 0.01)

    async def check() -> None:
        hub = Events()
        chunks: Any = stream(hub).body_iterator
        await anext(chunks)
        assert await anext(chunks) == COMMENT
        hub.publish(created("a"))
        assert b'"name":"a"' in await anext(chunks), "nothing is lost by waiting"
        await chunks.aclose()
        assert hub.listeners == 0

    asyncio.run(check())


def test_everybody_hears_everything_from_when_they_listen() -> None:
    async def check() -> None:
        hub = Events()
        hub.publish(created("before"))
        first, second = hub.listen(), hub.listen()
        assert await some(first, 1) == [Reload()]
        await asyncio.to_thread(hub.publish, created("a"))
        assert await some(second, 1) == [Reload()]
        hub.publish(created("b"))
        assert await some(first, 2) == [created("a"), created("b")]
        assert await some(second, 1) == [created("b")]

    asyncio.run(check())


def test_who_is_too_slow_is_told_to_read_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 3)

    async def check() -> None:
        hub = Events()
        stream = hub.listen()
        await anext(stream)
        for name in "abcde":
            hub.publish(created(name))
        assert await some(stream, 2) == [Reload(), created("e")]

    asyncio.run(check())


def test_closing_ends_every_stream_and_those_to_come() -> None:
    async def check() -> None:
        hub = Events()
        stream = hub.listen()
        await anext(stream)
        hub.publish(created("last"))
        hub.close()
        assert [event async for event, _ in stream] == [created("last")]
        assert [event async for event, _ in hub.listen()] == [Reload()]

    asyncio.run(check())


def test_who_went_away_is_not_told_any_more() -> None:
    async def check() -> None:
        hub = Events()
        stream: Any = hub.listen()
        await anext(stream)
        await stream.aclose()
        assert hub.listeners == 0

    asyncio.run(check())


def push(client: httpx2.Client, step: int, **changes: Any) -> Any:
    batch = client.post("/api/batches", params={"listed": False}, content=saved_batch(seed=step), headers=OCTETS)
    body: dict[str, Any] = {"run": "cartpole", "step": step, "batch_id": batch.json()["id"], "configs": {"sv": {}}}
    return client.post("/api/snapshots", json=body | changes).json()


@pytest.mark.process
def test_a_page_behind_a_token_and_a_prefix_sees_a_run_grow(tmp_path: Path) -> None:
    flags = ["--token", "s3cret", "--root-path", "/lab"]
    with service(tmp_path, *flags) as running, httpx2.Client(base_url=f"{running.base}/lab", timeout=60) as client:
        assert client.get("/api/events").status_code == 401
        assert client.get("/", params={"token": "s3cret"}).status_code == 303
        with listening(client) as told:
            assert next(told) == {"event": "reload"}
            stored = push(client, 1, metrics={"loss": "NaN"})
            run, first = next(told), next(told)
            assert (run["event"], run["what"], run["run"]["name"]) == ("run", "created", "cartpole")
            assert (first["event"], first["what"]) == ("snapshot", "stored")
            assert {key: first[key] for key in ("run", "snapshot")} == stored
            examined = next(told)
            assert (examined["what"], examined["snapshot"]["state"]) == ("examined", "examined")
            assert examined["snapshot"]["metrics"] == {"loss": "NaN"}
            address = f"/api/runs/{stored['run']['id']}"
            client.put(f"{address}/snapshots/1/pin", json={"pinned": True})
            client.delete(f"{address}/snapshots/1")
            client.delete(address)
            pinned, deleted, gone = next(told), next(told), next(told)
            assert (pinned["what"], pinned["snapshot"]["pinned"], pinned["run"]["pinned"]) == ("pinned", True, 1)
            assert (deleted["what"], deleted["run"]["snapshots"]) == ("deleted", 0)
            assert (gone["event"], gone["what"]) == ("run", "deleted")


@pytest.mark.process
def test_an_open_stream_does_not_hold_up_ctrl_c(tmp_path: Path) -> None:
    with service(tmp_path) as running, httpx2.Client(base_url=running.base, timeout=60) as client:
        assert running.process
        with listening(client) as told:
            assert next(told) == {"event": "reload"}
            os.kill(running.process.pid, signal.SIGINT)
            assert list(told) == [], "it ends, and is not cut off"
        assert running.process.communicate(timeout=30)[1] == ""
        assert running.process.returncode == 0


def test_a_stream_says_that_nothing_on_the_way_may_keep_it(dashboard: Any) -> None:
    headers = dashboard.get("/api/events").headers
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")
