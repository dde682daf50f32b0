"""A dashboard as a person starts it: a process, a port, a link, Ctrl+C."""

import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.server.files import saved_batch

pytestmark = pytest.mark.process

MOUSE = Path(sys.executable).with_name("mouse")


@contextmanager
def running(*arguments: str | Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A dashboard on a free port, and the link that it prints."""
    command = [str(MOUSE), "dashboard", *map(str, arguments), "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "mine.safetensors").write_bytes(saved_batch())
    return tmp_path / "mine.safetensors"


def test_check_34_it_prints_one_link_serves_the_file_and_ctrl_c_ends_it_with_exit_code_0(
    file: Path, tmp_path: Path
) -> None:
    with running(file, "--data-dir", tmp_path / "data") as (process, link):
        address = urlsplit(link)
        assert address.hostname == "127.0.0.1"
        (batch_id,) = parse_qs(address.query)["batch"]
        with httpx2.Client(base_url=f"http://{address.netloc}") as client:
            assert client.get("/api/health").json()["status"] == "ok"
            assert client.get(f"/api/batches/{batch_id}").json()["name"] == "mine.safetensors"
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=30)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_with_a_token_the_link_opens_it_and_nothing_else_does(file: Path, tmp_path: Path) -> None:
    with running(file, "--data-dir", tmp_path / "data", "--token", "s3cret") as (process, link):
        address = urlsplit(link)
        assert parse_qs(address.query)["token"] == ["s3cret"]
        base = f"http://{address.netloc}"
        assert httpx2.get(f"{base}/api/batches").status_code == 401
        with httpx2.Client(follow_redirects=True) as client:
            opened = client.get(link)
            assert "token" not in str(opened.url)
            assert len(client.get(f"{base}/api/batches").json()["batches"]) == 1
        process.send_signal(signal.SIGINT)
        assert "s3cret" not in process.communicate(timeout=30)[1]


def test_check_30_health_answers_while_an_evaluation_computes_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    (tmp_path / "large.safetensors").write_bytes(saved_batch(rows=1024, steps=256, actions=6, dim=8))
    body: dict[str, Any] = {"configs": {"vec_dqn": {}, "sp": {}, "dqn": {}}}
    with running(tmp_path / "large.safetensors", "--data-dir", tmp_path / "data") as (process, link):
        address = urlsplit(link)
        evaluate = f"/api/batches/{parse_qs(address.query)['batch'][0]}/evaluate"
        with httpx2.Client(base_url=f"http://{address.netloc}", timeout=120) as client, ThreadPoolExecutor(1) as pool:
            evaluation = pool.submit(client.post, evaluate, json=body)
            answers = 0
            while not evaluation.done():
                assert client.get("/api/health").status_code == 200
                answers += 1
            assert evaluation.result().status_code == 200
            assert answers > 1

            cut_off = pool.submit(client.post, evaluate, json={"configs": {"vec_dqn": {"reward_scale": 2.0}}})
            assert client.get("/api/health").status_code == 200
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=60)
            assert (process.returncode, rest, errors) == (0, "", "")
            cut_off.exception(timeout=60)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_when_it_is_stopped_is_told_and_leaves_nothing(
    told: signal.Signals, file: Path, tmp_path: Path
) -> None:
    half_sent = threading.Event()

    def unending() -> Generator[bytes]:
        yield saved_batch(rows=64)
        half_sent.set()
        goes_on.wait(60)
        yield b"the rest"

    goes_on = threading.Event()
    with running(file, "--data-dir", tmp_path / "data") as (process, link), ThreadPoolExecutor(2) as pool:
        base = f"http://{urlsplit(link).netloc}"
        octets = {"Content-Type": "application/octet-stream"}
        upload = pool.submit(httpx2.post, f"{base}/api/batches", content=unending(), headers=octets, timeout=60)
        assert half_sent.wait(60)
        with httpx2.stream("GET", f"{base}/api/events", timeout=60) as events:
            lines = events.iter_lines()
            assert next(lines)
            process.send_signal(told)
            assert process.wait(60) in {0, -told}
            goes_on.set()
            assert not any(lines)
        assert process.communicate(timeout=60) == ("", "")
    assert upload.exception() is not None or upload.result().json()["code"] == "stopping"
    assert not any((tmp_path / "data" / "incoming").iterdir())
