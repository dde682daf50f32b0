"""Post changes of runs to the operator's webhook in the background; training and page never wait for it."""

import json
import logging
import queue
import threading
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from mouse_dashboard.runs.run_changes import NewChange

log = logging.getLogger("mouse")
MOST_WAITING = 100
"""News that wait for a slow address; what comes then is dropped, and logged."""
WAITS = (1.0, 5.0, 30.0)
"""Seconds before each further try."""
TIMEOUT = Timeout(connect=5, read=10)


class Webhook:
    """A thread that posts JSON. A redirect is a failure: only the configured address is used."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).hostname
        self._pool = PoolManager(timeout=TIMEOUT, retries=False)
        self._waiting: queue.Queue[NewChange] = queue.Queue(MOST_WAITING)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)
        self._thread.start()

    def send(self, news: NewChange) -> None:
        """Queue an error or a warning."""
        if news.change.severity == "info":
            return
        try:
            self._waiting.put_nowait(news)
        except queue.Full:
            log.warning("notify: %s answers too slowly; a message was dropped.", self._host)

    def close(self) -> None:
        """Stop; queued changes are not posted."""
        self._closed.set()

    def _work(self) -> None:
        while not self._closed.is_set():
            try:
                news = self._waiting.get(timeout=1)
            except queue.Empty:
                continue
            self._post(payload_of(news))

    def _post(self, content: bytes) -> None:
        problem = ""
        for wait in (0.0, *WAITS):
            if self._closed.wait(wait):
                return
            try:
                answer = self._pool.request(
                    "POST", self._url, body=content, headers={"Content-Type": "application/json"}, redirect=False
                )
            except HTTPError as error:
                problem = type(error).__name__
                continue
            if answer.status < 300:
                return
            problem = f"status {answer.status}"
            if answer.status < 500 and answer.status != 429:
                break  # it will not take it the next time either
        log.warning("notify: %s did not accept a message (%s).", self._host, problem)


def payload_of(news: NewChange) -> bytes:
    """The change as JSON; `text` is what chat services show."""
    change = news.change.model_dump(mode="json")
    text = f"{news.change.severity}: {news.run}: {news.change.message}"
    return json.dumps({"text": text, "run": news.run, "run_id": news.run_id, **change}, allow_nan=False).encode()
