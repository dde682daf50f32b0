"""Training is told what changes along its run, once each, and goes on whatever it does with it."""

import logging
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest

from mouse.client import Client, RunFinding
from mouse.client.watcher import RunWatcher
from tests.mouse.client.batches import numbered
from tests.mouse.client.scripted import Answer, Asked, Scripted, scripted, stores_everything

Answers = Callable[[Asked], Answer]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mouse.client.sending.FIRST_WAIT", "mouse.client.watcher.FIRST_WAIT"):
        monkeypatch.setattr(name, 0.001)


def change(step: int, severity: str = "warning", rule: str = "run-jump") -> dict[str, Any]:
    return {
        "rule": rule, "severity": severity, "subject": "reward.size", "step": step, "previous_step": step - 1,
        "message": f"The rewards grew at step {step}.", "before": 1.0, "after": 9.0, "followers": [],
    }  # fmt: skip


def examines(*looks: tuple[int, list[dict[str, Any]]]) -> Answers:
    """A dashboard with so many pending snapshots and these changes at each look; the last one stays."""
    left = list(looks)

    def answer(asked: Asked) -> Answer:
        if asked.path == "/api/runs/r1?limit=1":
            pending, changes = left.pop(0) if len(left) > 1 else left[0]
            return 200, {"name": "cartpole", "pending": pending, "changes": changes}
        return (201, {"run": {"id": "r1"}}) if asked.path == "/api/snapshots" else stores_everything(asked)

    return answer


def looks(dashboard: Scripted) -> int:
    return sum(asked.path.startswith("/api/runs/") for asked in dashboard.asked)


def test_what_changes_is_told_once_when_the_snapshot_is_examined() -> None:
    told: list[RunFinding] = []
    with scripted(examines((1, []), (1, [change(0)]), (0, [change(0), change(1, "error")]))) as dashboard:
        with Client(dashboard.base, token="s3cret", run="cartpole") as client:
            client.on_finding(told.append)
            client.push(*numbered(), step=0)
            client.push(*numbered(), step=1)
        assert {asked.headers["Authorization"] for asked in dashboard.asked} == {"Bearer s3cret"}
    assert told == [
        RunFinding("cartpole", "run-jump", "warning", "reward.size", 0, -1, "The rewards grew at step 0."),
        RunFinding("cartpole", "run-jump", "error", "reward.size", 1, 0, "The rewards grew at step 1."),
    ]


def test_each_callback_hears_of_its_severity_and_worse() -> None:
    heard: dict[str, list[int]] = {"error": [], "warning": [], "info": []}
    changes = [change(1, "info"), change(2, "warning"), change(3, "error")]
    with scripted(examines((0, changes))) as dashboard, Client(dashboard.base) as client:
        client.on_finding(lambda finding: heard["error"].append(finding.step), severity="error")
        client.on_finding(lambda finding: heard["warning"].append(finding.step))
        client.on_finding(lambda finding: heard["info"].append(finding.step), severity="info")
        client.push(*numbered(), step=0)
    assert heard == {"error": [3], "warning": [2, 3], "info": [1, 2, 3]}


def test_a_severity_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="severity: found 'fatal', expected one of error, warning, info; choose one"):
        RunWatcher(lambda _: {}).add(print, "fatal")


def test_a_run_that_is_resumed_has_a_past_which_is_no_news() -> None:
    told: list[int] = []
    with scripted(examines((0, [change(3), change(7)]))) as dashboard, Client(dashboard.base, resume=True) as client:
        client.on_finding(lambda finding: told.append(finding.step))
        client.push(*numbered(), step=5)
    assert told == [7]


def test_a_callback_that_fails_is_logged_and_called_again(caplog: pytest.LogCaptureFixture) -> None:
    told = Queue[int]()

    def fails(finding: RunFinding) -> None:
        told.put(finding.step)
        raise KeyError(finding.subject)

    with scripted(examines((0, [change(1), change(2)]))) as dashboard:
        with Client(dashboard.base) as client:
            client.on_finding(fails)
            client.push(*numbered(), step=0)
        assert client.stats.sent == 1
    assert [told.get(timeout=60), told.get(timeout=60)] == [1, 2]
    assert caplog.messages == 2 * ["a callback of on_finding failed"]


def test_a_dashboard_that_does_not_answer_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []
    usual = examines((0, [change(0)]))
    failures = iter([ConnectionError, None])

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/api/runs/") and (failure := next(failures, None)):
            raise failure
        return usual(asked)

    with caplog.at_level(logging.INFO), scripted(answer) as dashboard, Client(dashboard.base) as client:
        client.on_finding(lambda finding: told.append(finding.step))
        client.push(*numbered(), step=0)
    assert told == [0]
    assert caplog.messages == []


def test_a_run_that_is_gone_is_no_longer_asked_for() -> None:
    gone: Answers = lambda asked: (  # noqa: E731  one expression
        (404, {"code": "unknown_run", "message": "No such run."})
        if asked.path.startswith("/api/runs/")
        else examines((0, []))(asked)
    )
    with scripted(gone) as dashboard:
        with Client(dashboard.base) as client:
            client.on_finding(print)
            client.push(*numbered(), step=0)
        assert looks(dashboard) == 1


def test_nobody_asks_where_nobody_wants_to_hear() -> None:
    with scripted(examines((0, []))) as dashboard:
        with Client(dashboard.base) as client:
            client.push(*numbered(), step=0)
        assert looks(dashboard) == 0


def test_the_end_does_not_wait_for_a_dashboard_that_never_examines() -> None:
    with scripted(examines((1, []))) as dashboard:
        client = Client(dashboard.base)
        client.on_finding(print)
        client.push(*numbered(), step=0)
        while not looks(dashboard):
            pass
        client.close(timeout=0)
        assert client.stats.sent == 1
