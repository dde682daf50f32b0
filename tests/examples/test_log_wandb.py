"""What an offline run of W&B holds is what training logged; nothing is sent."""

import json
import subprocess
import sys
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from struct import Struct
from typing import Any

import pytest

import mouse
from mouse.demo.train import CONFIGS
from tests.examples.learned import UPDATES, learned
from tests.project.commands import ROOT

pytestmark = pytest.mark.process

BLOCK = 1 << 15
HEADER = Struct("<IHB")
WHOLE, LAST = 1, 4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an offline run of the example, a process as a person starts it."""
    folder = tmp_path_factory.mktemp("wandb")
    example = str(ROOT / "examples" / "log_wandb.py")
    command = [sys.executable, example, "--offline", "--updates", str(UPDATES), "--every", "2"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (written,) = (folder / "wandb").glob("offline-run-*")
    return written


def records(folder: Path) -> list[Any]:
    """Everything in a run's datastore: a log in LevelDB's format behind 7 bytes. wandb has no reader for it."""
    protocol: Any = import_module("wandb.proto.wandb_internal_pb2")  # wandb takes a second: only where it is needed
    (file,) = folder.glob("run-*.wandb")
    data, at, found, parts = file.read_bytes(), 7, list[Any](), b""
    while at < len(data):
        room = BLOCK - at % BLOCK
        if room < HEADER.size:
            at += room
            continue
        _checksum, length, kind = HEADER.unpack_from(data, at)
        at += HEADER.size + length
        parts += data[at - length : at]
        if kind in {WHOLE, LAST}:
            found.append(protocol.Record.FromString(parts))
            parts = b""
    return found


def key_of(item: Any) -> str:
    return item.key or ".".join(item.nested_key)


def test_every_metric_is_logged_as_it_is(run: Path) -> None:
    history: dict[str, list[Any]] = defaultdict(list)
    for record in records(run):
        for item in record.history.item:
            history[key_of(item)].append(json.loads(item.value_json))
    expected = [update.loss.metrics for update in learned()]
    for name in expected[0]:
        assert history[name] == [pytest.approx(metrics[name]) for metrics in expected]
    assert history["dqn/td_error._type"] == ["plotly-file"] * 2
    assert history["doctor/report._type"] == ["html-file"] * 2
    assert len(history["doctor/findings"]) == 2


def test_the_report_of_the_doctor_is_in_the_summary(run: Path) -> None:
    updates = [item for record in records(run) for item in record.summary.update if item.key == "doctor"]
    step_stream, out, _loss = learned()[-1]
    report = mouse.doctor(step_stream, out, CONFIGS)
    assert json.loads(updates[-1].value_json) == json.loads(json.dumps(report.to_dict()))


def test_figure_and_report_are_files_of_the_run(run: Path) -> None:
    media = run / "files" / "media"
    figure = json.loads(next((media / "plotly" / "dqn").glob("td_error_0_*")).read_text())
    assert figure["layout"]["title"]["text"] == "TD error by end"
    assert figure["data"]
    report = next((media / "html" / "doctor").glob("report_0_*")).read_text()
    assert "mouse doctor" in report
