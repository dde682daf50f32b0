"""Divergences, entropies, temperature and agreement: small policies by hand, and what is an estimate says so."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.sp import DIVERGENCES as KINDS
from mouse.losses.sp import SpLossConfig, sp_loss
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.figures import agreement, divergences
from mouse_dashboard.figures.agreement import AGREEMENT
from mouse_dashboard.figures.divergences import DIVERGENCES, DIVERGENCES_HERE
from mouse_dashboard.figures.entropy import BINS, ENTROPY
from mouse_dashboard.figures.style import BLUE, GREY
from mouse_dashboard.figures.temperature import POINTS, TEMPERATURE
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded, loss_input, transition_input

SOFT = SpLossConfig(loss_type="kl-fwd", temperature=0.5, label_smoothing=0.1)


def batch_of(q_star: Sequence[Sequence[float]], student: Sequence[Sequence[float]]) -> Batch:
    """One sequence with these optimal values, and these probabilities of the student."""
    batch = random_batch(1, len(q_star), len(q_star[0]))
    batch.step_stream["q_star"][0] = torch.tensor(q_star)
    batch.out["sp"][0] = torch.tensor(student).log()
    return batch


def values_of(data: list[dict[str, Any]]) -> dict[str, float]:
    (bars,) = data
    return dict(zip(bars["y"], bars["x"], strict=True))


def loss_of(batch: Batch, **changed: Any) -> float:
    cfg = replace(SpLossConfig(temperature=0.5, label_smoothing=0.1), **changed)
    whole: Any = batch
    return float(sp_loss(whole.step_stream, whole.out["sp"], cfg)[0])


def test_each_bar_is_what_training_would_minimise_under_that_loss_type() -> None:
    batch = random_batch(5, 9, 4)
    drawn = DIVERGENCES.make(loss_input("sp", batch, cfg=SOFT))
    assert values_of(drawn.data) == pytest.approx({kind: loss_of(batch, loss_type=kind) for kind in KINDS}, rel=1e-6)
    assert drawn.data[0]["marker"]["color"] == [BLUE if kind == "kl-fwd" else GREY for kind in KINDS]
    assert "error_x" not in drawn.data[0]
    assert drawn.note == (
        "in blue: the loss itself, kl-fwd; teacher temperature 0.5, label_smoothing 0.1, for ce one-hot"
    )


def test_a_divergence_by_hand() -> None:
    """P = (2/3, 1/3), Q = (1/2, 1/2)."""
    drawn = DIVERGENCES.make(
        loss_input("sp", batch_of([[math.log(2), 0.0]], [[0.5, 0.5]]), cfg=SpLossConfig(loss_type="kl-fwd"))
    )
    entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    cross = -0.5 * (math.log(2 / 3) + math.log(1 / 3))
    expected = {"ce": math.log(2), "ce-soft-fwd": math.log(2), "kl-fwd": math.log(2) - entropy}
    expected |= {"ce-soft-bwd": cross, "kl-bwd": cross - math.log(2)}
    found = values_of(drawn.data)
    assert {kind: found[kind] for kind in expected} == pytest.approx(expected, rel=1e-5)


def test_of_many_steps_the_loss_itself_is_exact_and_the_others_have_whiskers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divergences, "ENTRIES", 3 * 20)
    batch = random_batch(16, 32)
    drawn = DIVERGENCES.make(loss_input("sp", batch, cfg=SOFT))
    (bars,) = drawn.data
    whiskers = dict(zip(bars["y"], bars["error_x"]["array"], strict=True))
    assert values_of(drawn.data)["kl-fwd"] == pytest.approx(loss_of(batch, loss_type="kl-fwd"), rel=1e-6)
    assert whiskers["kl-fwd"] == 0
    assert all(whiskers[kind] > 0 for kind in KINDS if kind != "kl-fwd")
    assert drawn.note.endswith(
        "estimated from 20 of 512 steps drawn at random, kl-fwd exact; whiskers: 2 standard errors"
    )


def test_a_slice_has_its_own_divergences() -> None:
    part = loss_input("sp", random_batch(), torch.tensor([9]), cfg=SOFT)
    here = transition_input("sp", random_batch(), 1, 2, SOFT)
    assert values_of(DIVERGENCES.make(part).data) == pytest.approx(values_of(DIVERGENCES_HERE.make(here).data))


def test_divergences_here_are_those_of_the_step() -> None:
    batch = random_batch()
    drawn = DIVERGENCES_HERE.make(transition_input("sp", batch, 3, 6, SOFT))
    alone = Batch("alone", batch.step_stream[3:4, 6:7], batch.out[3:4, 6:7])
    assert values_of(drawn.data) == pytest.approx({kind: loss_of(alone, loss_type=kind) for kind in KINDS}, rel=1e-6)
    assert drawn.note.endswith("; sequence 3, step 6")


def test_a_divergence_that_is_nan_is_said() -> None:
    batch = random_batch()
    batch.out["sp"][0, 0, 0] = math.nan
    drawn = DIVERGENCES.make(loss_input("sp", batch))
    assert drawn.data[0]["x"] == []
    assert drawn.note.endswith("; ".join(f"{kind} is nan" for kind in KINDS))


def test_steps_are_counted_by_entropy_and_those_without_a_choice_are_said() -> None:
    inf = math.inf
    batch = batch_of([[0.0, 0, -inf], [9, 0, 0], [1, -inf, -inf], [0, 0, 0]], [[0.5, 0.5, 0.1], *[[1 / 3] * 3] * 3])
    drawn = ENTROPY.make(loss_input("sp", batch, cfg=SpLossConfig(loss_type="kl-fwd", temperature=0.1)))
    teacher, student = ([told[0] for told in trace["customdata"]] for trace in drawn.data)
    assert (teacher[0], teacher[-1], sum(teacher)) == (1, 2, 3)
    assert (student[-1], sum(student), len(student)) == (3, 3, BINS)
    assert decoded(drawn.data[1]["y"])[-1] == 100
    assert drawn.note == (
        "means: teacher 0.667, student 1; kl-fwd: teacher temperature 0.1; 1 step without a choice left out"
    )


def test_an_entropy_that_is_nan_is_said() -> None:
    batch = random_batch()
    batch.out["sp"][0, 0, 0] = math.nan
    assert "1 step of the student not finite" in ENTROPY.make(loss_input("sp", batch)).note


def test_the_curve_is_the_teachers_entropy_at_each_temperature() -> None:
    """Two actions one apart: P = sigmoid(1 / T)."""
    drawn = TEMPERATURE.make(loss_input("sp", batch_of([[1.0, 0.0]], [[0.5, 0.5]]), cfg=SpLossConfig(loss_type="js")))
    found = {trace["name"]: trace for trace in drawn.data}
    temperatures, mean = found["teacher, mean"]["x"], decoded(found["teacher, mean"]["y"])
    assert (temperatures[0], temperatures[-1], len(temperatures)) == (pytest.approx(0.01), pytest.approx(100), POINTS)
    for temperature, share in zip(temperatures, mean, strict=True):
        p = 1 / (1 + math.exp(-1 / temperature))
        entropy = sum(-chance * math.log(chance) for chance in (p, 1 - p) if chance > 0)
        assert share == pytest.approx(entropy / math.log(2), abs=1e-5)
    assert (found["now, 1"]["x"][1], found["now, 1"]["y"][1]) == (1.0, pytest.approx(0.8404, abs=1e-3))
    assert found["student, mean"]["y"] == pytest.approx([1, 1])


def test_a_temperature_beyond_the_slider_is_on_the_axis() -> None:
    cfg = SpLossConfig(loss_type="js", temperature=1e4)
    data = TEMPERATURE.make(loss_input("sp", cfg=cfg)).data
    assert data[2]["x"][-1] == pytest.approx(1e4)


def test_ce_says_that_it_uses_no_temperature() -> None:
    assert "ce uses no temperature" in TEMPERATURE.make(loss_input("sp")).note


def test_without_a_choice_there_is_no_temperature_to_speak_of() -> None:
    drawn = TEMPERATURE.make(loss_input("sp", batch_of([[1.0, -math.inf]], [[0.5, 0.5]])))
    assert drawn.note == "no step has two valid actions to choose from"


def test_the_matrix_counts_what_each_wants_most_and_selects_the_worst() -> None:
    q_star = [[1.0, 0.0], [1, 0], [0, 1], [1, 0], [-math.inf, -math.inf]]
    student = [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.1, 0.9], [0.5, 0.5]]
    drawn = AGREEMENT.make(loss_input("sp", batch_of(q_star, student)))
    (matrix,) = drawn.data
    assert matrix["text"] == [["1", "2"], ["", "1"]]
    shares = decoded(matrix["z"])
    assert (shares[0], shares[1][1]) == ([25, 50], 25)
    assert math.isnan(shares[1][0])
    assert matrix["customdata"][0][1][:3] == [0, 3, 2], "step 3 loses log 10, step 1 log 5"
    assert matrix["customdata"][1][0] == [], "an empty cell promises nothing"
    assert drawn.note == "50 % agree (framed): 2 of 4 steps; 1 step without a valid action left out"


def test_a_cell_selects_a_step_of_the_slice() -> None:
    chosen = torch.tensor([8, 10, 23])
    part = loss_input("sp", random_batch(), chosen)
    cells = [cell for row in AGREEMENT.make(part).data[0]["customdata"] for cell in row if cell]
    assert sum(cell[2] for cell in cells) == 3
    assert {tuple(cell[:2]) for cell in cells} <= {(1, 1), (1, 3), (3, 2)}


def test_of_many_actions_the_most_wanted_are_shown_and_the_rest_counted() -> None:
    drawn = AGREEMENT.make(loss_input("sp", random_batch(8, 64, 60)))
    counts = [cell[2] for row in drawn.data[0]["customdata"] for cell in row if cell]
    assert len(drawn.layout["yaxis"]["ticktext"]) == 24
    assert f"{512 - sum(counts)} steps with other actions than the 24 most wanted not shown" in drawn.note


def test_logits_that_are_nan_want_nothing_and_are_said() -> None:
    batch = random_batch()
    batch.out["sp"][1] = math.nan
    assert "7 steps with NaN left out" in AGREEMENT.make(loss_input("sp", batch)).note


def test_the_matrix_of_a_sample_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "ENTRIES", 30)
    assert "of 10 steps; estimated from 10 of 28 steps" in AGREEMENT.make(loss_input("sp")).note


@pytest.mark.parametrize("name", LOSSES)
def test_only_the_policy_has_a_teacher(name: str) -> None:
    figures = (DIVERGENCES, DIVERGENCES_HERE, ENTROPY, TEMPERATURE, AGREEMENT)
    assert {figure.fits(LOSSES[name]) for figure in figures} == {name == "sp"}
