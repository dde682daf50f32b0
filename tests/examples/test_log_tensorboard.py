"""What TensorBoard reads back is what training logged."""

import json
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import (  # pyright: ignore[reportMissingTypeStubs]
    EventAccumulator,
)

import mouse
from examples.log_tensorboard import train_and_log
from mouse.demo.train import CONFIGS
from tests.examples.learned import UPDATES, learned


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The event file of a short run, read back."""
    folder = tmp_path_factory.mktemp("logs") / "new"
    train_and_log(folder, UPDATES, every=2)
    assert len(list(folder.iterdir())) == 1
    events: Any = EventAccumulator(str(folder))
    events.Reload()
    return events


def test_every_metric_is_a_scalar_of_its_name(logged: Any) -> None:
    expected = [update.loss.metrics for update in learned()]
    for name in expected[0]:
        values = [(event.step, event.value) for event in logged.Scalars(name)]
        assert values == [(step, pytest.approx(metrics[name])) for step, metrics in enumerate(expected)]


def test_the_report_of_the_doctor_is_there_to_read_and_as_json(logged: Any) -> None:
    step_stream, out, _loss = learned()[0]
    report = mouse.doctor(step_stream, out, CONFIGS)
    assert [event.value for event in logged.Scalars("doctor/findings")][:1] == [len(report)]
    texts = {tag: logged.Tensors(f"{tag}/text_summary") for tag in ("doctor/report", "doctor/json")}
    assert [event.step for event in texts["doctor/json"]] == [0, 2]
    shown, as_json = (texts[tag][0].tensor_proto.string_val[0].decode() for tag in ("doctor/report", "doctor/json"))
    assert json.loads(as_json) == json.loads(json.dumps(report.to_dict()))
    assert [line.removeprefix("    ") for line in shown.splitlines()] == str(report).splitlines()
