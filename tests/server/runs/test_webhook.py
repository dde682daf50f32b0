"""What changed is posted to the operator's address: again where it fails, nowhere else, and nobody waits."""

import json
from queue import Queue
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from mouse_dashboard.runs import webhook
from mouse_dashboard.runs.models import RunChange
from mouse_dashboard.runs.run_changes import NewChange
from mouse_dashboard.runs.webhook import Webhook
from mouse_dashboard.settings import Settings
from tests.mouse.client.scripted import Answer, Asked, scripted

CHANGE: dict[str, Any] = {
    "rule": "run-jump", "severity": "warning", "subject": "reward.size", "step": 12000, "previous_step": 11000,
    "message": "The size of the rewards grew 1,000-fold at step 12,000.", "before": 1.0, "after": float("inf"),
    "followers": [],
}  # fmt: skip
NEWS = NewChange("0" * 32, "cartpole", RunChange.model_validate(CHANGE))


def idle(_hook: Webhook) -> None:
    """Post nothing."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WAITS", (0.001, 0.001))


def test_it_is_posted_as_json_until_it_is_taken() -> None:
    came, statuses = Queue[Asked](), iter([503, 500, 200])

    def answer(asked: Asked) -> Answer:
        came.put(asked)
        return next(statuses), {}

    with scripted(answer) as listener:
        hook = Webhook(f"{listener.base}/hook?key=1")
        hook.send(NEWS)
        asked = [came.get(timeout=60) for _ in range(3)]
        hook.close()
    assert {each.path for each in asked} == {"/hook?key=1"}
    told = json.loads(asked[-1].body)
    assert told == CHANGE | {
        "after": "Infinity", "run": "cartpole", "run_id": "0" * 32,
        "text": "warning: cartpole: The size of the rewards grew 1,000-fold at step 12,000.",
    }  # fmt: skip


def test_check_07_a_redirect_of_the_operators_address_is_followed_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    came = Queue[Asked]()
    with scripted() as other:

        def answer(asked: Asked) -> Answer:
            came.put(asked)
            return 307, {}, {"Location": f"{other.base}/elsewhere"}

        with scripted(answer) as listener:
            hook = Webhook(listener.base)
            for _ in range(2):
                hook.send(NEWS)
            for _ in range(2):
                assert came.get(timeout=60)
            hook.close()
        assert other.asked == []
    assert "did not accept a message (status 307)" in caplog.text


def test_nobody_waits_for_an_address_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Webhook, "_work", idle)
    hook = Webhook("http://127.0.0.1:9")
    for _ in range(webhook.MOST_WAITING + 1):
        hook.send(NEWS)
    assert "a message was dropped" in caplog.text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "chat.invalid", "ftp://chat.example/"])
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValidationError, match="found no address, expected such as https://") as error:
        Settings(notify=SecretStr(url))
    assert url not in str(error.value)


def test_what_is_only_information_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[NewChange] = []
    monkeypatch.setattr(Webhook, "_work", idle)
    hook = Webhook("http://127.0.0.1:9")
    monkeypatch.setattr(hook, "_waiting", SimpleNamespace(put_nowait=posted.append))
    for severity in ("info", "warning", "error"):
        hook.send(NEWS._replace(change=NEWS.change.model_copy(update={"severity": severity})))
    assert [each.change.severity for each in posted] == ["warning", "error"]


def test_it_is_off_unless_it_is_set() -> None:
    assert Settings().notify is None
