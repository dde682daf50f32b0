from pathlib import Path

import pytest

from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from mouse_dashboard.compute.configs import dump_configs
from mouse_dashboard.scan.local import run_in_process
from mouse_dashboard.scan.scan import scan
from mouse_dashboard.scan.source import sources_of
from mouse_dashboard.scan.sweep import points_of
from mouse_dashboard.scan.task import Request
from mouse_dashboard.schema.errors import ApiError
from tests.server.scan.shards import write

CONFIGS = dump_configs({"dqn": LOSSES["dqn"].config()})


def test_a_point_of_a_sweep_is_the_loss_under_that_config(tmp_path: Path) -> None:
    paths = write(tmp_path, 2)
    request = Request(configs=CONFIGS, sweep=("dqn.gamma=0.5:0.9:2", "dqn.cql_weight=0,100"))
    found = scan(request, sources_of([str(tmp_path)]), run_in_process).whole.sweep
    assert len(found) == 4
    for gamma in (0.5, 0.9):
        for weight in (0.0, 100.0):
            cfg = DqnLossConfig(gamma=gamma, cql_weight=weight)
            expected = sum(float(dqn_loss(*load_batch(path), cfg)[0]) for path in paths) / 2
            at = found[f"dqn.gamma={gamma} dqn.cql_weight={weight}"]
            assert at.losses["dqn"].mean == pytest.approx(expected, rel=1e-6)
            logged = [dqn_loss(*load_batch(path), cfg)[1] for path in paths]
            expected = sum(metrics["q_values_target"] for metrics in logged) / 2
            assert at.metrics["dqn.q_values_target"].mean == pytest.approx(expected, rel=1e-6)
            assert ("dqn.cql_penalty" in at.metrics) == (weight == 100)
            assert ("cql-dominates" in at.findings) == (weight == 100)


def test_points_between_two_values_are_decimals_that_one_can_type() -> None:
    assert list(points_of(["dqn.gamma=0.9:0.999:5"], CONFIGS)) == [
        f"dqn.gamma={gamma}" for gamma in (0.9, 0.92475, 0.9495, 0.97425, 0.999)
    ]


@pytest.mark.parametrize(
    ("sweeps", "said"),
    [
        (["dqn.gama=0:1:2"], "a field of dqn.weight, dqn.gamma"),
        (["dqn.gamma=0:1"], "FIRST:LAST:COUNT"),
        (["dqn.gamma=half"], "FIRST:LAST:COUNT"),
        (["dqn.gamma=0,1", "dqn.tau=0,1", "dqn.weight=0,1"], "at most 2"),
        (["dqn.gamma=0:1:500"], "at most 400"),
        (["dqn.gamma=0:1:1000000000000"], "found 1000000000000 points, expected at most 400"),
        (["dqn.gamma=0:1:100", "dqn.tau=0:1:100"], "found 10000 points, expected at most 400"),
        (["dqn.gamma=0:1:0"], "FIRST:LAST:COUNT"),
        (["dqn.gamma=0,1", "dqn.gamma=0.5,0.9"], "found dqn.gamma twice"),
    ],
)
def test_what_is_no_sweep_is_refused(sweeps: list[str], said: str) -> None:
    with pytest.raises(ApiError, match=said):
        points_of(sweeps, CONFIGS)
