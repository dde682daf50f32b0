"""Predictions and residuals of the value head: its own numbers, masked entries left out and counted."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.figures import residual_by_action, value_prediction
from mouse_dashboard.figures.residual_by_action import QUANTILES, RESIDUAL_BY_ACTION
from mouse_dashboard.figures.value_prediction import BINS, VALUE_PREDICTION
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input


def batch_of(q_star: Sequence[Sequence[float]], sv: Sequence[Sequence[float]]) -> Batch:
    batch = random_batch(1, len(q_star), len(q_star[0]))
    batch.step_stream["q_star"][0], batch.out["sv"][0] = torch.tensor(q_star), torch.tensor(sv)
    return batch


def test_points_are_the_entries_and_select_their_step() -> None:
    batch = batch_of([[1.0, -math.inf], [2.0, 3.0]], [[1.5, 9.0], [2.0, 5.0]])
    drawn = VALUE_PREDICTION.make(loss_input("sv", batch))
    points, line = drawn.data
    assert (decoded(points["x"]), decoded(points["y"])) == ([1, 2, 3], [1.5, 2, 5])
    assert points["customdata"] == [[0, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert line["x"] == line["y"]
    unexplained = float(np.var([-0.5, 0, -2], ddof=1) / np.var([1, 2, 3], ddof=1))
    assert drawn.note == f"residual variance {unexplained:.3g} of that of q_star; 3 entries; 1 masked left out"


def test_both_axes_have_one_scale() -> None:
    layout = VALUE_PREDICTION.make(loss_input("sv")).layout
    assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
    assert layout["yaxis"]["scaleanchor"] == "x"


def test_many_entries_are_counted_in_cells() -> None:
    batch = random_batch(16, 64)
    drawn = VALUE_PREDICTION.make(loss_input("sv", batch))
    cells = drawn.data[0]
    counts = np.array(decoded(cells["customdata"]))[..., 0]
    low, high = drawn.layout["xaxis"]["range"]
    whole: Any = batch
    pairs = [
        (plain(whole.step_stream["q_star"][..., a].flatten()), plain(whole.out["sv"][..., a].flatten())) for a in (0, 1)
    ]
    across, up = ([value for pair in pairs for value in pair[side]] for side in (0, 1))
    expected, _, _ = np.histogram2d(up, across, bins=BINS, range=[[low, high], [low, high]])
    assert counts.tolist() == expected.tolist()
    assert np.nanmax(decoded(cells["z"])) == pytest.approx(math.log10(expected.max()))
    assert "2,048 entries; 48 x 48 cells, logarithmic colours; 1,024 masked left out" in drawn.note


def test_predictions_that_are_not_finite_are_left_out_and_said() -> None:
    drawn = VALUE_PREDICTION.make(loss_input("sv", batch_of([[1.0, 2.0, 3.0]], [[math.nan, math.inf, 3.0]])))
    assert drawn.note == "q_star does not vary; 1 entry; 2 predictions not finite left out"
    nothing = VALUE_PREDICTION.make(loss_input("sv", batch_of([[1.0]], [[math.nan]])))
    assert (nothing.data, nothing.note) == ([], "0 entries; 1 predictions not finite left out")


def test_predictions_of_a_sample_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_prediction, "ENTRIES", 30)
    drawn = VALUE_PREDICTION.make(loss_input("sv"))
    assert len(drawn.data[0]["customdata"]) == 20
    assert drawn.note.endswith("; estimated from 10 of 28 steps drawn at random")


def test_residuals_by_action_by_hand() -> None:
    """The first action is off by 0, 1, 2, 3, 4; the second exists twice, off by -1 and -3."""
    inf = math.inf
    q_star = [[0.0, 1], [0, 3], [0, -inf], [0, -inf], [0, -inf]]
    drawn = RESIDUAL_BY_ACTION.make(loss_input("sv", batch_of(q_star, [[float(step), 0] for step in range(5)])))
    _range, _quartiles, medians, masked = drawn.data
    first, second = decoded(medians["customdata"])
    assert first == pytest.approx([0, 0.04, 1, 2, 3, 3.96])
    assert second == pytest.approx([1, -2.98, -2.5, -2, -1.5, -1.02])
    assert decoded(masked["y"]) == pytest.approx([0, 60])
    assert drawn.note == "action 0 is farthest off: median 2; 30 % of entries masked"


@pytest.mark.parametrize("name", ["p1 to p99", "quartiles"])
def test_spans_lead_from_one_quantile_to_the_other(name: str) -> None:
    part = loss_input("sv")
    info = RESIDUAL_BY_ACTION.info(part)
    spans = next(trace for trace in RESIDUAL_BY_ACTION.make(part).data if trace["name"] == name)
    low, high = (0, 4) if name == "p1 to p99" else (1, 3)
    for action in range(2):
        assert decoded(spans["y"])[3 * action : 3 * action + 2] == plain(info.quantiles[[low, high], action])
    assert len(QUANTILES) == 5


def test_an_action_that_is_always_masked_has_no_residual() -> None:
    medians = RESIDUAL_BY_ACTION.make(loss_input("sv")).data[2]
    assert [math.isnan(value) for value in decoded(medians["y"])] == [False, False, True]


def test_residuals_that_are_not_finite_are_left_out_and_said() -> None:
    drawn = RESIDUAL_BY_ACTION.make(loss_input("sv", batch_of([[0.0], [0.0]], [[math.nan], [2.0]])))
    assert decoded(drawn.data[2]["y"]) == [2]
    assert drawn.note.endswith("; 1 residuals not finite left out")


def test_of_many_actions_those_farthest_off_are_shown() -> None:
    batch = random_batch(2, 5, 60)
    batch.out["sv"][..., 7] = batch.step_stream["q_star"][..., 7] + 50
    drawn = RESIDUAL_BY_ACTION.make(loss_input("sv", batch))
    assert len(drawn.layout["xaxis"]["ticktext"]) == 40
    assert drawn.note.startswith("action 7 is farthest off: median 50")
    assert "of 60 actions the 40 farthest off" in drawn.note


def test_residuals_of_a_sample_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residual_by_action, "ENTRIES", 30)
    assert RESIDUAL_BY_ACTION.make(loss_input("sv")).note.endswith("estimated from 10 of 28 steps drawn at random")
