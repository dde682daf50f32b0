"""A snapshot is sent until the dashboard has it, or says that it never will."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mouse.batch import batch_bytes
from mouse.client.sending import RefusedError, Sender, SendTimeoutError, address
from mouse.client.snapshot import Snapshot, take_snapshot
from tests.mouse.client.batches import numbered
from tests.mouse.client.scripted import BATCH_ID, Answer, Asked, scripted, stores_everything

RUN = {"run": "a run/of 100%", "session": None}


def snapshot(**told: Any) -> Snapshot:
    defaults: dict[str, Any] = {"step": 7, "configs": {}, "metrics": {"loss": float("nan")}, "max_sequences": None}
    return take_snapshot(*numbered(), **defaults | told)


def told_by(statuses: Iterator[object]) -> Any:
    """Answers one after the other; a status alone is an error of that status, then everything is stored."""

    def answer(asked: Asked) -> Answer:
        status = next(statuses, None)
        if status is None:
            return stores_everything(asked)
        if isinstance(status, tuple):
            return status  # pyright: ignore[reportUnknownVariableType]
        if status == "cut off":
            raise ConnectionError
        return int(str(status)), {"message": f"sentence {status}.", "code": f"code {status}"}

    return answer


def test_the_batch_goes_first_and_the_snapshot_names_it() -> None:
    with scripted() as dashboard:
        sent = Sender(dashboard.base, None, lambda _: True).send(snapshot(max_sequences=4), RUN)
        batch, told = dashboard.asked
    expected = batch_bytes(*snapshot(max_sequences=4).batch)
    assert (batch.body, sent.nbytes) == (expected, len(expected))
    assert batch.path == "/api/batches?listed=false&name=a%20run%2Fof%20100%25-7.safetensors"
    assert (batch.headers["Content-Type"], told.headers["Content-Type"]) == (
        "application/octet-stream", "application/json",
    )  # fmt: skip
    assert "Authorization" not in batch.headers
    assert json.loads(told.body) == {
        "run": "a run/of 100%", "session": None, "step": 7, "batch_id": BATCH_ID, "configs": {},
        "metrics": {"loss": "NaN"}, "sequences": {"kept": 4, "of": 6},
    }  # fmt: skip


def test_nothing_is_read_before_the_copies_are_here() -> None:
    order: list[str] = []
    with scripted() as dashboard:
        coming = replace(snapshot(), waits=(lambda: order.append(f"waited, {len(dashboard.asked)} sent"),))
        Sender(dashboard.base, None, lambda _: True).send(coming, RUN)
    assert order == ["waited, 0 sent"]


@pytest.mark.parametrize("failures", [["cut off"] * 12, [503] * 12, [507, 502, 504], [500] * 9])
def test_what_can_pass_is_waited_for_longer_each_time(failures: list[object], caplog: Any) -> None:
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return True

    with scripted(told_by(iter(failures))) as dashboard, caplog.at_level(logging.WARNING, "mouse.client"):
        sender = Sender(dashboard.base, None, pause)
        sender.send(snapshot(), RUN)
        assert len(dashboard.snapshots) == 1
        said = len(caplog.records)
        assert said == (500 not in failures), "once for each time that it is away"
        dashboard.answer = told_by(iter(failures))
        sender.send(snapshot(), RUN)
        assert len(caplog.records) == 2 * said
    count = len(failures)
    assert waits == 2 * ([0.1, 0.2, 0.4, 0.8, 1.6, 3.2] + 6 * [5.0])[:count]


def test_a_dashboard_that_is_not_there_is_waited_for_until_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with scripted() as gone:
        base = gone.base
    pauses = iter([True, True, False])
    with pytest.raises(SendTimeoutError):
        Sender(base, None, lambda _: next(pauses)).send(snapshot(), RUN)
    assert [record.getMessage() for record in caplog.records] == [
        f"{base} accepts no snapshots now (NewConnectionError); they wait until it does."
    ]


@pytest.mark.parametrize(
    ("answers", "asked", "said"),
    [
        ([401], 1, "answered 401: sentence 401."),
        ([(201, {"id": BATCH_ID}), 409], 2, "answered 409: sentence 409."),
        ([(404, b"<html>")], 1, "answered 404: this is not a mouse dashboard"),
        ([(200, b"[1]")], 1, "answered 200: this is not a mouse dashboard"),
        ([(302, b"")], 1, "answered 302: this is not a mouse dashboard"),
        ([500] * 10, 10, "answered 500: sentence 500."),
    ],
)
def test_a_refusal_is_told_with_its_sentence(answers: list[object], asked: int, said: str) -> None:
    with scripted(told_by(iter(answers))) as dashboard:
        with pytest.raises(RefusedError) as error:
            Sender(dashboard.base, None, lambda _: True).send(snapshot(), RUN)
        assert len(dashboard.asked) == asked
        assert str(error.value) == f"{dashboard.base} {said}"


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", 7.0), ("100000", 60.0), ("", 0.1), ("-3", 0.1), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.1)]
)
def test_a_busy_dashboard_is_tried_again_when_it_asks_to(asked: str, waited: float) -> None:
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        return True

    busy = (429, {"code": "readers_busy", "message": "busy."}, {"Retry-After": asked})
    with scripted(told_by(iter([busy] * 12))) as dashboard:
        Sender(dashboard.base, None, pause).send(snapshot(), RUN)
        assert len(dashboard.snapshots) == 1
    assert waits[0] == waited
    assert len(waits) == 12


def test_a_batch_that_made_room_meanwhile_is_sent_again() -> None:
    gone = (404, {"code": "unknown_batch", "message": "gone."})
    with scripted(told_by(iter([(200, {"id": BATCH_ID}), gone]))) as dashboard:
        Sender(dashboard.base, None, lambda _: True).send(snapshot(), RUN)
        assert [asked.path.partition("?")[0] for asked in dashboard.asked] == ["/api/batches", "/api/snapshots"] * 2


@pytest.mark.parametrize(
    ("url", "token", "base", "sent"),
    [
        ("http://localhost:8000", None, "http://localhost:8000", None),
        ("http://localhost:8000/", "s3cret", "http://localhost:8000", "s3cret"),
        ("https://hub.example/user/me/proxy/8000/", None, "https://hub.example/user/me/proxy/8000", None),
        ("http://127.0.0.1:8000/?batch=abc&token=s%2B1", None, "http://127.0.0.1:8000", "s+1"),
        ("http://[::1]:8000/?batch=abc&token=link", "given", "http://[::1]:8000", "given"),
        ("http://localhost", "ü", "http://localhost", "ü"),
    ],
)
def test_an_address_or_a_link_with_its_token_is_taken(url: str, token: str | None, base: str, sent: str | None) -> None:
    found, headers = address(url, token)
    assert found == base
    bearer = {} if sent is None else {"Authorization": f"Bearer {sent}".encode()}
    assert {name: value.encode("latin-1") for name, value in headers.items()} == bearer


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://localhost", "http://", "/api", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: found .*, expected such as http://localhost:8000"):
        address(url, None)
