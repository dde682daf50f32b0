"""The dashboard in a notebook: in a frame, started once, reachable where the notebook is, gone with it."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
import urllib3

import mouse
from mouse import notebook
from mouse.errors import BatchError, MissingFieldError
from mouse.local_dashboard import FRAMED_BY, LocalDashboard
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sp import SpLossConfig
from mouse.tracing.function_file import FunctionAddress
from tests.server.batches import random_batch

pytestmark = pytest.mark.process

HTTP = urllib3.PoolManager()
BATCH: Any = random_batch()
OTHER: Any = random_batch(seed=1)
PROXY = "/user/me/proxy/{port}/"


@pytest.fixture(scope="module", autouse=True)
def started() -> Generator[None]:
    """What these tests start, they end."""
    yield
    for dashboard in notebook.dashboards.values():
        dashboard.close()
    notebook.dashboards.clear()
    HTTP.clear()


def frame_of(shown: Any) -> str:
    """Where the frame of a notebook's output goes to."""
    html: str = shown._repr_html_()
    (address,) = re.findall(r'<iframe src="([^"]+)"', html)
    assert re.findall(r'href="([^"]+)"', html) == [address]
    return unescape(address)


def listed(base: str, **headers: str) -> set[str]:
    answer = HTTP.request("GET", f"{base}/api/batches", headers=headers)
    assert answer.status == 200
    return {batch["id"] for batch in answer.json()["batches"]}


def test_the_frame_shows_the_batch_under_the_configs() -> None:
    configs = {"dqn": DqnLossConfig(gamma=0.9, use_xformed_reward=True), "sp": SpLossConfig()}
    shown = mouse.show(BATCH.step_stream, BATCH.out, configs, height=600)
    assert 'height="600"' in shown._repr_html_()  # pyright: ignore[reportPrivateUsage]  # as a notebook does
    address = urlsplit(frame_of(shown))
    query = parse_qs(address.query)
    assert {name: values for name, values in query.items() if name != "batch"} == {
        "dqn.gamma": ["0.9"],
        "dqn.use_xformed_reward": ["true"],
    }
    assert query["batch"][0] in listed(f"http://{address.netloc}")


def test_a_notebook_may_frame_the_page_and_the_dashboard_is_started_once() -> None:
    first = urlsplit(mouse.show(BATCH.step_stream, BATCH.out).url)
    second = urlsplit(mouse.show(OTHER.step_stream, OTHER.out, name="other").url)
    assert first.netloc == second.netloc
    assert first.query != second.query
    answer = HTTP.request("GET", f"http://{first.netloc}/api/batches")
    assert answer.headers["Content-Security-Policy"].endswith(f"frame-ancestors {FRAMED_BY}")
    assert {"notebook.safetensors", "other.safetensors"} <= {batch["name"] for batch in answer.json()["batches"]}


def test_one_that_refused_its_first_batch_is_told_and_another_started_without_the_variables_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notebook, "dashboards", {})
    with monkeypatch.context() as refused:
        refused.setattr("mouse.local_dashboard.save_batch", save_nonsense)
        with pytest.raises(RuntimeError, match=r"notebook\.safetensors: found .*"):
            mouse.show(BATCH.step_stream, BATCH.out)
    assert not notebook.dashboards[None, ()].alive
    monkeypatch.setenv("MOUSE_TOKEN", "of-another")
    address = urlsplit(mouse.show(OTHER.step_stream, OTHER.out).url)
    assert len(listed(f"http://{address.netloc}")) == 1
    notebook.dashboards[None, ()].close()


def test_behind_a_proxy_the_address_is_below_it_and_only_the_token_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    as_said = mouse.show(BATCH.step_stream, BATCH.out, proxy=PROXY)
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/me/")
    by_the_hub = mouse.show(OTHER.step_stream, OTHER.out)
    for shown in (as_said, by_the_hub):
        address = urlsplit(frame_of(shown))
        assert (address.scheme, address.netloc) == ("", "")
        found = re.fullmatch(r"/user/me/proxy/(\d+)/", address.path)
        assert found
        base, hub = f"http://127.0.0.1:{found[1]}", {"Host": "hub.example.org", "Accept": "text/html"}
        # jupyter-server-proxy passes on what is below its prefix, with the Host that the browser gave
        opened = HTTP.request("GET", f"{base}/?{address.query}", headers=hub, redirect=False)
        assert opened.status == 303
        assert f"Path=/user/me/proxy/{found[1]}" in opened.headers["Set-Cookie"]
        cookie = opened.headers["Set-Cookie"].partition(";")[0]
        assert HTTP.request("GET", f"{base}/api/batches", headers=hub).status == 401
        assert parse_qs(address.query)["batch"][0] in listed(base, Host="hub.example.org", Cookie=cookie)


def test_an_unknown_loss_or_a_wrong_config_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "dashboards", {})
    with pytest.raises(MissingFieldError, match="configs: found 'sac'"):
        mouse.show(BATCH.step_stream, BATCH.out, {"sac": SpLossConfig()})
    with pytest.raises(BatchError, match=r"configs\.dqn: found a SpLossConfig"):
        mouse.show(BATCH.step_stream, BATCH.out, {"dqn": SpLossConfig()})
    assert notebook.dashboards == {}


def test_a_batch_that_a_running_dashboard_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    mouse.show(BATCH.step_stream, BATCH.out)
    monkeypatch.setattr("mouse.local_dashboard.save_batch", save_nonsense)
    with pytest.raises(RuntimeError, match=r"file: found .*"):
        mouse.show(BATCH.step_stream, BATCH.out)


def save_nonsense(file: Path, *_batch: object, **_more: object) -> None:
    """What no dashboard accepts."""
    file.write_bytes(b"no batch")


def test_one_that_does_not_end_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mouse.local_dashboard.LAST_SECONDS", 0)
    mouse.show(BATCH.step_stream, BATCH.out)
    dashboard = notebook.dashboards.pop((None, ()))
    dashboard.close()
    ended = dashboard._process  # pyright: ignore[reportPrivateUsage]  # how it ended is told nowhere else
    assert ended is not None
    assert ended.returncode == -signal.SIGKILL
    assert not dashboard.alive


def test_one_that_was_never_started_is_closed() -> None:
    dashboard = LocalDashboard()
    assert dashboard.alive
    dashboard.close()


def test_it_ends_with_the_interpreter_and_leaves_nothing() -> None:
    code = """
import sys, mouse
from mouse import notebook
from tests.server.batches import random_batch
batch = random_batch()
mouse.show(batch.step_stream, batch.out)
dashboard = notebook.dashboards[None, ()]
print(dashboard._process.pid, dashboard._folder.name, flush=True)
sys.stdin.readline()
"""
    command = [sys.executable, "-W", "error", "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as interpreter:
        assert interpreter.stdout
        printed = interpreter.stdout.readline().split()
        if len(printed) != 2:
            pytest.fail(f"nothing is shown: {interpreter.communicate(timeout=60)}")
        pid, folder = printed
        running = os.pidfd_open(int(pid))
        assert os.path.isdir(folder)  # noqa: PTH112
        _, errors = interpreter.communicate("\n", timeout=60)
    assert (interpreter.returncode, errors) == (0, "")
    assert select.select([running], [], [], 60)[0]
    os.close(running)
    assert not os.path.exists(folder)  # noqa: PTH110


def test_completion_offers_what_is_imported_late() -> None:
    assert {"Client", "doctor", "show"} <= set(dir(mouse))


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A loss of one's own; its dashboard is started by the first test that shows it."""
    file = tmp_path_factory.mktemp("own") / "shown_losses.py"
    file.write_text(
        "def td_loss(q, target, *, scale: float = 1.0):\n    error = q - target\n    return scale * (error**2).mean()\n"
    )
    return FunctionAddress(file, "td_loss").load()


def test_losses_of_ones_own_are_shown_by_a_dashboard_that_knows_them(function: Any) -> None:
    fields = {"q": torch.tensor([1.0, 2.0, 3.0]), "target": torch.tensor([1.0, 1.0, 1.0])}
    address = urlsplit(mouse.show(fields, losses=[function]).url)
    query = parse_qs(address.query)
    assert query["loss"] == ["td_loss"]
    body: dict[str, Any] = {"configs": {"td_loss": {}}}
    answer = HTTP.request("POST", f"http://{address.netloc}/api/batches/{query['batch'][0]}/evaluate", json=body)
    assert answer.json()["losses"]["td_loss"]["loss"] == pytest.approx(5 / 3)


def test_what_was_explained_shows_itself_under_its_parameters(function: Any) -> None:
    fields = {"q": torch.tensor([1.0, 2.0, 3.0]), "target": torch.tensor([1.0, 1.0, 1.0])}
    shown = mouse.explain(function, fields, scale=2.5).show(height=300)
    query = parse_qs(urlsplit(shown.url).query)
    assert (query["loss"], query["td_loss.scale"], shown.height) == (["td_loss"], ["2.5"], 300)


def test_a_loss_that_stands_in_no_file_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match="found no file that holds it at its top level"):
        mouse.show(BATCH.step_stream, BATCH.out, losses=[torch.mean])
