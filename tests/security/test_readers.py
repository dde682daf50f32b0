"""Files that are slow to read, or that point elsewhere: the rest of the dashboard does not notice."""

import ctypes
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from select import select
from typing import Any

import h5py
import numpy as np
import pytest
import uvicorn

from mouse_dashboard import reading
from mouse_dashboard.reading.formats import HDF5
from mouse_dashboard.reading.sandbox import run
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.settings import Settings
from mouse_dashboard.store.imports import PendingImports
from mouse_dashboard.store.readers import AT_ONCE, RETRY_SECONDS, WAITING
from mouse_dashboard.web.app import create_app
from mouse_dashboard.web.run_on_batch import EVALUATIONS_AT_ONCE
from tests.security.living import Living
from tests.server.reading.hdf5_files import hdf5_file
from tests.server.reading.test_memmap import SHAPE, level

pytestmark = pytest.mark.process


h5: Any = h5py


MAGIC = b"\x89HDF\r\n\x1a\n"


SLOW = """
import os, time

with open({pids!r}, "a") as file:
    file.write(f"{{os.getpid()}}\\n")
while True:
    time.sleep(1000)
"""


STARTER = """
from pathlib import Path

from mouse_dashboard.reading.cancellation import Cancellation
from mouse_dashboard.reading.sandbox import run
from mouse_dashboard.reading.fields import FileLimits

folder = Path({folder!r})
run.ENVIRONMENT["PYTHONPATH"] = f"{{folder}}:{{run.ENVIRONMENT['PYTHONPATH']}}"
run.read_in_sandbox("slow_reader", folder / "received", folder / "target", FileLimits(1000), Cancellation())
"""


def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes soon; a failure, rather than a slow machine, is told after a minute."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


class Slow:
    """A reader that never ends, and the numbers of its processes."""

    def __init__(self, folder: Path) -> None:
        self._pids = folder / "pids"
        self._pids.touch()
        (folder / "slow_reader.py").write_text(SLOW.format(pids=str(self._pids)))

    @property
    def started(self) -> list[int]:
        return [int(line) for line in self._pids.read_text().split()]

    @property
    def alive(self) -> list[int]:
        return [pid for pid in self.started if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """HDF5 files are read by it."""
    monkeypatch.setitem(run.ENVIRONMENT, "PYTHONPATH", f"{tmp_path}:{run.ENVIRONMENT['PYTHONPATH']}")
    monkeypatch.setitem(reading.READERS, HDF5, run.sandboxed_reader("slow_reader", lambda name, _: name))
    return Slow(tmp_path)


@contextmanager
def served(folder: Path) -> Generator[int]:
    """A dashboard on a real socket, whose clients can leave."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(Settings(data_dir=folder)), log_level="error", timeout_graceful_shutdown=1)
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def upload(port: int, content: bytes) -> http.client.HTTPConnection:
    """Send a file, and do not wait for the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/api/batches?name=x.h5", content, {"Content-Type": "application/octet-stream"})
    return connection


def answered(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def test_check_35_uploads_that_are_slow_to_read_leave_the_rest_alone_and_end_with_their_clients(
    slow: Slow, tmp_path: Path
) -> None:
    with served(tmp_path / "data") as port, ExitStack() as connections:
        sent = [connections.enter_context(closing(upload(port, MAGIC + bytes([number])))) for number in range(60)]
        sockets = [connection.sock for connection in sent]
        until(lambda: len(select(sockets, [], [], 0)[0]) == 60 - AT_ONCE - WAITING and len(slow.alive) == AT_ONCE)
        for path in ("/api/health", "/api/batches", "/api/mapping"):
            assert answered(port, path) == 200
        told = select(sockets, [], [], 0)[0]
        for answer in (connection.getresponse() for connection in sent if connection.sock in told):
            assert (answer.status, answer.getheader("Retry-After")) == (429, str(RETRY_SECONDS))
            assert "send it again in" in json.loads(answer.read())["message"]
        assert len(slow.alive) == AT_ONCE, "few at once"
        connections.close()
        until(lambda: not slow.alive)
        last = upload(port, MAGIC)
        until(lambda: bool(slow.alive))
    last.close()
    until(lambda: not slow.alive)


def test_check_35_looking_at_files_that_wait_takes_no_thread_of_the_routes(
    living_dashboard: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = living_dashboard.client, f"/api/imports/{living_dashboard.ids['import_id']}"
    whole, go_on, looking = client.get(address).json(), threading.Event(), list[str]()
    info = PendingImports.info

    def slowly(imports: PendingImports, import_id: str) -> Any:
        looking.append(import_id)
        assert go_on.wait(60)
        return info(imports, import_id)

    monkeypatch.setattr(PendingImports, "info", slowly)
    with ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(client.get, address) for _ in range(60)]
        until(lambda: len(looking) >= EVALUATIONS_AT_ONCE)
        assert client.get("/api/batches").status_code == 200
        assert len(looking) == EVALUATIONS_AT_ONCE
        go_on.set()
        assert all(answer.result().json() == whole for answer in asked)


def test_check_35_readers_end_when_the_dashboard_is_killed(tmp_path: Path) -> None:
    slow = Slow(tmp_path)
    (tmp_path / "received").write_bytes(b"x")
    with subprocess.Popen([sys.executable, "-c", STARTER.format(folder=str(tmp_path))]) as parent:
        until(lambda: bool(slow.started))
        parent.send_signal(signal.SIGKILL)
    until(lambda: not slow.alive)


LIBC = ctypes.CDLL(None, use_errno=True)


IN_OPEN = 0x20


@contextmanager
def opened_in(folder: Path) -> Generator[Callable[[], list[str]]]:
    """Names of the files in a folder that any process has opened since: the kernel tells, so C libraries count too."""
    notified = LIBC.inotify_init1(os.O_NONBLOCK)
    assert notified >= 0
    assert LIBC.inotify_add_watch(notified, os.fsencode(folder), IN_OPEN) >= 0

    def names() -> list[str]:
        try:
            events = os.read(notified, 1 << 16)
        except BlockingIOError:
            return []
        found: list[str] = []
        while events:
            length = int.from_bytes(events[12:16], sys.byteorder)
            found.append(events[16 : 16 + length].rstrip(b"\0").decode())
            events = events[16 + length :]
        return found

    try:
        yield names
    finally:
        os.close(notified)


def pointing(secrets: Path) -> bytes:
    """An HDF5 file that points to others in every way there is."""

    def fill(file: Any) -> None:
        file["rewards"] = [1.0, 2.0]
        file["external"] = h5.ExternalLink(secrets / "secret.h5", "x")
        file["external_group"] = h5.ExternalLink(secrets / "secret.h5", "/")
        file["soft"] = h5.SoftLink("/external")
        file.create_dataset("storage", (2,), "f8", external=[(str(secrets / "secret.raw"), 0, 16)])
        layout = h5.VirtualLayout((2,), "f8")
        layout[:] = h5.VirtualSource(secrets / "secret.h5", "x", (2,))
        file.create_virtual_dataset("virtual", layout)
        file["episode_0"] = h5.ExternalLink(secrets / "secret.h5", "/")
        created = h5.h5p.create(h5.h5p.DATASET_CREATE)
        created.set_chunk((2,))
        created.set_filter(32001, h5.h5z.FLAG_OPTIONAL, ())
        space = h5.h5s.create_simple((2,))
        h5.h5d.create(file.id, b"plugin", h5.h5t.NATIVE_DOUBLE, space, created)

    return hdf5_file(fill)


def linked_zip(secrets: Path) -> bytes:
    """A memmap whose numbers are a link, as `zip -y` stores one, and members that lead out of the folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in level(a=SHAPE, b=SHAPE, **{"../c": SHAPE}).items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("a.memmap")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(secrets / "secret.raw"))
        archive.writestr("../c.memmap", bytes(8))
        archive.writestr("b.memmap", bytes(8))
    return file.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
@pytest.mark.parametrize("make", [pointing, linked_zip])
def test_check_42_nothing_outside_the_upload_is_opened(
    make: Callable[[Path], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    with h5.File(secrets / "secret.h5", "w") as file:
        file["x"] = [42.0, 42.0]
    (secrets / "secret.raw").write_bytes(np.full(2, 42.0).tobytes())
    (secrets / "libplugin.so").write_bytes(b"no library")
    monkeypatch.setenv("HDF5_PLUGIN_PATH", str(secrets))
    content = make(secrets)
    work = tmp_path / "work"
    work.mkdir()
    (work / "received").write_bytes(content)
    with opened_in(secrets) as names:
        (secrets / "secret.raw").read_bytes()
        assert names() == ["secret.raw"], "an open is seen"
        try:
            found = reading.read_fields(work / "received", "x", work, reading.FileLimits(1 << 28))
        except ApiError as error:
            assert error.body.status == 422  # noqa: PT017
        else:
            assert np.full(1, 42.0).tobytes() not in found.path.read_bytes()
        assert names() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets", "work"]
