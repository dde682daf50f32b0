"""The mean over all shards is what training minimises, whatever a loss divides by."""

from math import inf
from pathlib import Path

import pytest
import torch
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan import shard as shards
from mouse_dashboard.scan.local import run_in_process
from mouse_dashboard.scan.output import as_json
from mouse_dashboard.scan.report import ScanReport
from mouse_dashboard.scan.scan import scan
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.task import Request
from mouse_dashboard.scan.text import lines
from tests.server.scan.shards import ACTIONS, batch

CONFIGS = {name: LOSSES[name].config() for name in ("dqn", "sp", "sv")}
STEPS = 20


@pytest.fixture
def whole(tmp_path: Path) -> tuple[TensorDict, TensorDict]:
    """A batch, and two shards with a half of it each; the later a row, the fewer of its entries count."""
    step_stream, out = batch(0, sequences=40, steps=STEPS)
    made = torch.Generator().manual_seed(1)
    shape = (40, STEPS, ACTIONS)
    q_star = torch.randn(shape, generator=made)
    invalid = torch.rand(shape, generator=made) < torch.linspace(0, 0.8, 40).view(-1, 1, 1)
    step_stream["q_star"] = q_star.masked_fill(invalid, -inf)
    assert bool(invalid.all(-1).any())
    for head in ("sp", "sv"):
        out[head] = torch.randn(shape, generator=made)
    for number in range(2):
        rows = slice(20 * number, 20 * number + 20)
        save_batch(tmp_path / f"{number}.safetensors", step_stream[rows], out[rows])
    return step_stream, out


@pytest.fixture
def report(whole: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScanReport:
    assert whole is not None
    monkeypatch.setattr(shards, "MAX_STEPS", 5 * STEPS)
    request = Request(dump_configs(CONFIGS), sweep=("sv.weight=1,2",))
    return scan(request, sources_of([str(tmp_path)]), run_in_process)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_mean_over_all_shards_is_that_of_training(
    whole: tuple[TensorDict, TensorDict], report: ScanReport, name: str
) -> None:
    step_stream, out = whole
    heads = (out,) if name == "dqn" else (out[name],)
    expected, _ = LOSSES[name].function(step_stream, *heads, CONFIGS[name])
    assert report.whole.distributions[f"{name}.loss"].mean == pytest.approx(float(expected), rel=1e-5)
    assert as_json(report)["losses"][name]["mean"] == pytest.approx(float(expected), rel=1e-5)


def test_means_of_classes_and_of_a_sweep_divide_as_the_loss_does(report: ScanReport) -> None:
    whole = report.whole.distributions["sv.loss"]
    assert whole.divisor != whole.count
    for point in report.whole.sweep.values():
        assert point.losses["sv"].mean == whole.mean
    groupings = {key.split("\n")[1] for key in report.whole.classes}
    for grouping in groupings:
        classes = [found for key, found in report.whole.classes.items() if key.startswith(f"sv\n{grouping}\n")]
        total = sum(found.mean * found.divisor for found in classes if found.mean is not None)
        assert total / sum(found.divisor for found in classes) == pytest.approx(whole.mean)


def test_what_the_sum_is_divided_by_is_told_where_it_is_not_the_number_of_places(report: ScanReport) -> None:
    told = [line.plain for line in lines(report, None)]
    (sv,) = (line for line in told if line.startswith("sv "))
    (dqn,) = (line for line in told if line.startswith("dqn "))
    assert f"over 800 places (their sum by {report.whole.distributions['sv.loss'].divisor:,})" in sv
    assert "their sum by" not in dqn
