"""While a slider moves, a slow loss is estimated from some sequences: its figures are those of these alone."""

import base64
import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.compute import evaluator as evaluation
from mouse_dashboard.compute import stage_one
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.estimate import SampleNumbers, estimate
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.compute.loss_evaluation import LossEvaluation
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import Evaluation, FigureResult
from tests.server.answers import answered
from tests.server.batches import random_batch
from tests.server.test_evaluation import CONFIGS, MOVED, evaluated

BATCH = random_batch(40, 19, 5, 4)
EVERY = 4


def dragged(monkeypatch: pytest.MonkeyPatch, *figures: dict[str, Any], **rest: Any) -> Evaluation:
    """The answer after one at rest, when one of four sequences is what there is time for."""
    evaluator = Evaluator(1 << 24)

    def stride(_evaluator: Evaluator, _job: LossJob) -> int:
        return EVERY

    monkeypatch.setattr(Evaluator, "_stride", stride)
    asked = {"figures": [{"loss": "sp", "term": "loss", "kind": "map", **figure} for figure in figures], **rest}
    for temperature, brief in ((1.0, False), (2.0, True)):
        configs = {"sp": {"temperature": temperature, "loss_type": "js"}}
        request = EvaluateRequest.model_validate({"configs": configs, "brief": brief, **asked})
        answer = answered(BATCH, request, evaluator=evaluator)
    return answer  # pyright: ignore[reportPossiblyUnboundVariable]


def exact(rows: slice, **figure: Any) -> FigureResult:
    """The figure of a batch of some sequences."""
    part = Batch("part", *BATCH.part(rows))
    asked = {
        "configs": {"sp": {"temperature": 2.0, "loss_type": "js"}},
        "figures": [{"loss": "sp", "term": "loss", "kind": "map", **figure}],
        "brief": True,
    }
    return answered(part, EvaluateRequest.model_validate(asked)).figures[0]


def array(trace: dict[str, Any], name: str) -> list[float]:
    return np.frombuffer(base64.b64decode(trace[name]["bdata"]), dtype=trace[name]["dtype"]).tolist()


def trace_of(result: FigureResult) -> dict[str, Any]:
    assert result.figure is not None
    return result.figure.data[0]


def test_a_map_shows_the_sequences_that_were_evaluated_each_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = dragged(monkeypatch, {}).figures
    shown, expected = trace_of(result), trace_of(exact(slice(None, None, EVERY)))
    assert array(shown, "z") == pytest.approx(array(expected, "z"), rel=1e-5)
    assert (shown["y0"], shown["dy"]) == (1.5, EVERY)
    assert result.cell == (EVERY, 1)
    assert result.estimated
    assert result.note == ("Estimated from 1 of 4 sequences: 1 cell = 4 sequences x 1 step, mean; 190 steps looked at")


def test_a_histogram_counts_as_many_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = dragged(monkeypatch, {"kind": "histogram"}).figures
    counts = array(trace_of(exact(slice(None, None, EVERY), kind="histogram")), "y")
    assert array(trace_of(result), "y") == [EVERY * count for count in counts]


def test_of_few_sequences_in_view_every_one_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = dragged(monkeypatch, {"rows": [13, 20]}).figures
    assert array(trace_of(result), "z") == pytest.approx(array(trace_of(exact(slice(13, 20))), "z"), rel=1e-5)
    assert result.cell == (1, 1)
    assert "Estimated" not in result.note


def test_of_many_in_view_as_many_are_drawn_as_there_is_time_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (result,) = dragged(monkeypatch, {"rows": [11, 31], "term": "student", "component": 2}).figures
    expected = trace_of(exact(slice(11, 31, 2), term="student", component=2))
    assert array(trace_of(result), "z") == pytest.approx(array(expected, "z"), rel=1e-5)


def test_a_slice_and_a_pin_are_seen_at_the_same_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {"configs": {"sp": {"temperature": 2.0, "loss_type": "js"}}}
    part = {"slice": {"by": "action", "value": 1}, "pinned": pinned}
    whole, difference = dragged(monkeypatch, {"kind": "histogram"}, {"side": "difference"}, **part).figures
    live, then = (trace["customdata"] for trace in whole.figure.data) if whole.figure else ("", "no figure")
    assert live == then
    # A vector unit may round the last numbers of a row otherwise than those before them.
    differences = [value for value in array(trace_of(difference), "z") if not math.isnan(value)]
    assert differences == pytest.approx([0.0] * len(differences), abs=1e-6)
    assert differences


def test_what_is_no_term_waits_for_every_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    for result in dragged(monkeypatch, {"term": "gradient_norm"}, {"kind": "worst"}).figures:
        assert (result.figure, result.table, result.estimated) == (None, None, False)
        assert result.note == "Drawn again when the slider rests."


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("cache_bytes", [1 << 24, 0])
@pytest.mark.parametrize("rows", [slice(0, 40, 7), slice(5, 33, 3), slice(38, 40, 1)])
def test_some_sequences_alone_are_evaluated_as_a_batch_of_them(
    name: str, cache_bytes: int, rows: slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_one, "ENTRIES_PER_BLOCK", 3 * 19 * 5)
    evaluator = Evaluator(cache_bytes)
    evaluated(BATCH, name, evaluator)
    some = evaluator.evaluate_rows(LossJob(BATCH, LOSSES[name], CONFIGS[name]), rows, frozenset(), CancelToken(60))
    alone = evaluated(Batch("alone", *BATCH.part(rows)), name)
    torch.testing.assert_close(some.mean, alone.mean, rtol=1e-5, atol=1e-6)
    loss: tuple[Tensor, Tensor] = (some.terms.loss, alone.terms.loss)
    torch.testing.assert_close(*loss, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_the_inputs_of_some_sequences_are_copied_once_and_hold_no_others_in_memory(name: str) -> None:
    evaluator, job = Evaluator(1 << 24), LossJob(BATCH, LOSSES[name], CONFIGS[name])
    evaluated(BATCH, name, evaluator)
    rows = slice(0, 40, 7)
    first, again = (stage_one.stage_one_of_rows(job, rows, evaluator.cache) for _ in range(2))
    assert first is again
    for tensor in stage_one.tensors_of(first.blocks[0]):
        assert tensor.untyped_storage().nbytes() == tensor.nbytes


def test_an_estimate_counts_what_is_not_finite_in_fields_of_all_sequences() -> None:
    batch = random_batch(40, 19, 5, 4)
    batch.step_stream["reward"][1, 3] = torch.nan
    evaluator = Evaluator(1 << 24)
    exactly = evaluated(batch, "dqn", evaluator)
    cfg = dataclasses.replace(CONFIGS["dqn"], weight=3.0)
    job = LossJob(batch, LOSSES["dqn"], cfg)
    some = evaluator.evaluate_rows(job, slice(0, 40, 7), frozenset(), CancelToken(60))
    assert some.health["reward_raw"] == exactly.health["reward_raw"]


def test_what_the_slider_does_not_move_stays_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = Evaluator(1 << 24)
    exactly = evaluated(BATCH, "dqn", evaluator)
    monkeypatch.setattr(evaluation, "EXACT_SECONDS", 0)
    monkeypatch.setattr(evaluation, "SAMPLE_SECONDS", 1e-9)
    job = LossJob(BATCH, LOSSES["dqn"], MOVED["dqn"])
    quick = evaluator.evaluate_within_budget(job, frozenset(), CancelToken(60))
    assert quick.stride == 40
    for name in ("q_values_mean", "q_values_std", "q_values_min", "q_values_max", "cql_penalty"):
        assert quick.metrics[name] == pytest.approx(exactly.metrics[name], rel=1e-6)
    assert float(quick.mean) != float(exactly.mean)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_a_small_move_is_told_better_than_by_some_sequences_alone(start: float, end: float, seed: int) -> None:
    """Of a loss that is quadratic in gamma."""
    batch = random_batch(64, 9, 4, seed=seed)
    near = start + 0.01 * (end - start)
    exactly, target = (_dqn(batch, gamma, slice(0, 64, 1)) for gamma in (start, near))
    before, now = (_dqn(batch, gamma, slice(0, 64, 8)) for gamma in (start, near))
    off = abs(float(estimate(exactly, SampleNumbers.of(before), now).mean) - float(target.mean))
    assert off <= 0.05 * abs(end - start) * float(target.mean) + 1e-5


def _dqn(batch: Batch, gamma: float, rows: slice) -> LossEvaluation:
    job = LossJob(batch, LOSSES["dqn"], DqnLossConfig(gamma=gamma))
    return Evaluator(1 << 20).evaluate_rows(job, rows, frozenset(), CancelToken(60))


@pytest.mark.parametrize(
    ("exact", "before", "now", "shown"),
    [(2.0, 1.0, 1.5, 2.5), (1.0, 3.0, 0.5, 0.5), (-1.0, 3.0, 0.5, -3.5), (math.inf, 3.0, 0.5, 0.5)],
    ids=["moved", "never negative of what never was", "negative", "not finite"],
)
def test_numbers_move_with_those_of_some_sequences(exact: float, before: float, now: float, shown: float) -> None:
    (all_then, some_now) = (
        LossEvaluation(None, {}, torch.tensor(value), {"m": value}, {}, 1) for value in (exact, now)
    )
    moved = estimate(all_then, SampleNumbers(before, {"m": before}), some_now)
    assert (float(moved.mean), moved.metrics) == (shown, {"m": shown})
