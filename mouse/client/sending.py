"""Send snapshots over HTTP, with retries until the dashboard has stored them."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs, quote, urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from mouse.batch import batch_bytes
from mouse.client.snapshot import Snapshot

log = logging.getLogger("mouse.client")

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds between two attempts; each wait is twice the one before."""
MOST_FAILURES = 10
"""How often a dashboard may fail at one snapshot before it counts as refused."""
FOR_NOW = frozenset({502, 503, 504, 507})
"""Statuses that say nothing of the snapshot: a proxy without a server, a busy one, a full disk."""
LONGEST_ASKED = 60.0
"""Seconds that a dashboard may ask to wait."""
TIMEOUT = Timeout(connect=5, read=120)


class SentSnapshot(NamedTuple):
    """A snapshot that the dashboard has stored."""

    nbytes: int
    """Of its batch."""
    run_id: str
    """Id of its run."""


class RefusedError(Exception):
    """The dashboard refused a snapshot; the message says why."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


class SendTimeoutError(Exception):
    """The time to send was over."""


class _UnreachableError(HTTPError):
    """No dashboard is reachable."""


class _BusyError(HTTPError):
    """The dashboard asks to retry later."""

    def __init__(self, message: str, wait: float) -> None:
        self.wait = wait
        super().__init__(message)


class _FailedError(RefusedError):
    """An attempt failed; the next one may not."""


class Sender:
    """A connection to a dashboard.

    Attempts are counted and spaced here and not by urllib3's Retry, which sleeps where the end of training cannot wake
    it.
    """

    def __init__(self, url: str, token: str | None, pause: Callable[[float], bool]) -> None:
        self._base, self._headers = address(url, token)
        self._pause = pause
        # Two connections: one sends snapshots, the other asks what was found in them.
        self._pool = PoolManager(maxsize=2, timeout=TIMEOUT, retries=False)
        self._reached = True

    def send(self, snapshot: Snapshot, run: Mapping[str, Any]) -> SentSnapshot:
        """Send a snapshot of a run, retrying until it is stored.

        Raises:
            BatchError: (a ValueError) it is no batch that can be stored.
            RefusedError: the dashboard refused it.
            SendTimeoutError: the time was over first.
        """
        for wait_for_device in snapshot.waits:
            wait_for_device()
        content = batch_bytes(*snapshot.batch, loss=snapshot.loss)
        name = quote(f"{run['run']}-{snapshot.fields['step']}.safetensors", safe="")
        wait, failures = FIRST_WAIT, 0
        while True:
            try:
                batch = self._post(f"/api/batches?listed=false&name={name}", content, "application/octet-stream")
                body = json.dumps({**run, **snapshot.fields, "batch_id": batch.get("id")}, allow_nan=False).encode()
                stored = self._post("/api/snapshots", body, "application/json")
            except _BusyError as error:
                wait = error.wait
                self._tell_away(str(error))
            except HTTPError as error:
                self._tell_away(str(error) if isinstance(error, _UnreachableError) else type(error).__name__)
            except _FailedError:
                failures += 1
                if failures == MOST_FAILURES:
                    raise
            else:
                self._reached = True
                return SentSnapshot(len(content), stored["run"].get("id", ""))
            if not self._pause(wait):
                raise SendTimeoutError
            wait = min(2 * wait, LONGEST_WAIT)

    def run(self, run_id: str) -> dict[str, Any]:
        """Fetch a run from the dashboard, in one attempt.

        Raises:
            HTTPError: the dashboard is unreachable.
            RefusedError: there is no such run, or it is not shown.
        """
        return self._request("GET", f"/api/runs/{run_id}?limit=1", None, self._headers)

    def _post(self, path: str, content: bytes, content_type: str) -> dict[str, Any]:
        return self._request("POST", path, content, {**self._headers, "Content-Type": content_type})

    def _request(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        answer = self._pool.request(method, self._base + path, body=content, headers=headers)
        reply = _object_of(answer.data)
        if reply and answer.status in {200, 201}:
            return reply
        code, message = reply.get("code", ""), reply.get("message", "this is not a mouse dashboard")
        if answer.status == 429:
            raise _BusyError(f"429: {message}", _seconds(answer.headers.get("Retry-After", "")))
        if answer.status in FOR_NOW:
            raise _UnreachableError(f"{answer.status}: {message}")
        kind = _FailedError if answer.status >= 500 or code == "unknown_batch" else RefusedError
        raise kind(code, f"{self._base} answered {answer.status}: {message}")

    def _tell_away(self, reason: str) -> None:
        """Log an unreachable dashboard once per outage."""
        if self._reached:
            log.warning("%s accepts no snapshots now (%s); they wait until it does.", self._base, reason)
        self._reached = False


def address(url: str, token: str | None) -> tuple[str, dict[str, str]]:
    """Base URL and headers; accepts a link with a token, as `mouse dashboard` prints it.

    Raises:
        ValueError: not a valid URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"url: found {url[:60]!r}, expected such as http://localhost:8000; name the dashboard.")
    token = token or next(iter(parse_qs(parts.query).get("token", [])), None)
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    # http.client writes headers in Latin-1, the dashboard compares bytes of UTF-8
    return base, {} if token is None else {"Authorization": f"Bearer {token}".encode().decode("latin-1")}


def _seconds(retry_after: str) -> float:
    """The seconds of Retry-After; a dashboard never sends a date."""
    return min(float(retry_after), LONGEST_ASKED) if retry_after.isascii() and retry_after.isdigit() else FIRST_WAIT


def _object_of(content: bytes) -> dict[str, Any]:
    """The JSON object of a response; an empty one if it is something else."""
    try:
        reply = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Any]", reply) if isinstance(reply, dict) else {}
