"""What a term holds for an action that does not exist is shown as invalid, never as a number."""

import math
from typing import Any

import pytest
import torch

from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.figures.term_map import INVALID
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import FigureResult
from tests.server.answers import answered, transition_of
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded

CASES = [("sp", "log_teacher"), ("sp", "log_student"), ("sv", "residual"), ("sv", "entry_loss")]
NAMES = {"log_teacher": "invalid or log 0", "log_student": "invalid or log 0"}
CONFIGS: dict[str, Any] = {"sp": {"loss_type": "kl-fwd"}, "sv": {}}


def batch_of(q_star: list[float]) -> Batch:
    """One sequence whose second action has these optimal values."""
    batch = random_batch(1, len(q_star), 3)
    batch.step_stream["q_star"][0, :, 1] = torch.tensor(q_star)
    return batch


def shown(batch: Batch, name: str, term: str, kind: str, component: int = 1, **asked: Any) -> FigureResult:
    figure = {"loss": name, "term": term, "component": component, "kind": kind} | asked
    request = EvaluateRequest.model_validate(
        {"configs": CONFIGS, "figures": [figure], "pinned": {"configs": CONFIGS} if "side" in asked else None}
    )
    return answered(batch, request).figures[0]


def data_of(result: FigureResult) -> list[dict[str, Any]]:
    assert result.figure is not None
    return result.figure.data


@pytest.mark.parametrize(("name", "term"), CASES)
def test_a_map_leaves_them_grey_and_counts_them(name: str, term: str) -> None:
    result = shown(batch_of([1.0, -math.inf, 0.5, -math.inf]), name, term, "map")
    values, grey = data_of(result)
    assert [math.isnan(value) for value in decoded(values["z"])[0]] == [False, True, False, True]
    assert [math.isnan(value) for value in decoded(grey["z"])[0]] == [True, False, True, False]
    assert (grey["name"], grey["colorscale"][0][1]) == ("invalid", INVALID)
    assert result.note == f"every one of 4 steps; 2 {NAMES.get(term, 'invalid')}, in grey or left out of their cell"


@pytest.mark.parametrize("side", ["pinned", "difference"])
def test_so_does_a_map_of_what_is_pinned(side: str) -> None:
    values, _grey = data_of(shown(batch_of([1.0, -math.inf]), "sp", "log_student", "map", side=side))
    assert [math.isnan(value) for value in decoded(values["z"])[0]] == [False, True]


def test_a_cell_of_several_steps_pools_those_that_are_numbers() -> None:
    batch = batch_of([1.0, -math.inf] * 100 + [-math.inf] * 100)
    batch.out["sv"][0, :, 1] = 3.0
    result = shown(batch, "sv", "residual", "map")
    values, grey = data_of(result)
    assert result.cell == (1, 2)
    assert decoded(values["z"])[0][:100] == [2.0] * 100
    assert decoded(grey["z"])[0][100:] == [1.0] * 50
    assert all(math.isnan(cell) for cell in decoded(grey["z"])[0][:100])


@pytest.mark.parametrize(("name", "term"), CASES)
def test_a_histogram_leaves_them_out_and_counts_them(name: str, term: str) -> None:
    result = shown(batch_of([1.0, -math.inf, 0.5, -math.inf]), name, term, "histogram")
    (bars,) = data_of(result)
    assert sum(decoded(bars["y"])) == 2
    assert result.note.endswith(f"; 2 {NAMES.get(term, 'invalid')} left out")


def test_a_histogram_beside_what_is_pinned_leaves_them_out_of_both() -> None:
    live, pinned = data_of(shown(batch_of([1.0, -math.inf, 0.5]), "sp", "log_student", "histogram", side="live"))
    assert [sum(counts[0] for counts in decoded(trace["customdata"])) for trace in (live, pinned)] == [2, 2]


def test_where_every_action_exists_nothing_is_said() -> None:
    result = shown(batch_of([1.0, 0.5]), "sv", "residual", "map")
    assert (len(data_of(result)), result.note) == (1, "every one of 2 steps")


def test_a_term_that_counts_everywhere_keeps_every_value() -> None:
    assert len(data_of(shown(batch_of([1.0, -math.inf]), "sp", "student", "map"))) == 1


def looked_at(batch: Batch, name: str, term: str) -> Any:
    request = TransitionRequest.model_validate({"configs": CONFIGS, "loss": name, "term": term, "component": 1})
    return transition_of(batch, request)


def test_a_cell_never_selects_one_for_its_size() -> None:
    batch = batch_of([1.0, -math.inf, 0.5])
    batch.out["sp"][0, :, :2] = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, -9.0]])
    assert looked_at(batch, "sp", "log_student").step == 2


@pytest.mark.parametrize(("name", "term"), CASES)
def test_a_transition_tells_them_as_missing(name: str, term: str) -> None:
    batch = batch_of([1.0, -math.inf, 0.5])
    request = {"configs": CONFIGS, "loss": name, "term": "loss", "rows": [0, 1], "steps": [1, 2]}
    answer = transition_of(batch, TransitionRequest.model_validate(request))
    values = next(found.value for found in answer.terms if found.name == term)
    assert isinstance(values, list)
    assert [value is None for value in values] == [False, True, True]


def test_what_stands_for_log_0_is_told_apart_and_no_figure_draws_its_size() -> None:
    batch = batch_of([1.0, -math.inf, 0.5])
    batch.step_stream["q_star"][0, :, 0] = 9.0  # the label everywhere
    one_hot: dict[str, Any] = {"sp": {"loss_type": "ce"}}
    figure = {"loss": "sp", "term": "log_teacher", "component": 1, "kind": "map"}
    (drawn,) = answered(batch, EvaluateRequest.model_validate({"configs": one_hot, "figures": [figure]})).figures
    assert all(math.isnan(value) for value in decoded(data_of(drawn)[0]["z"])[0])
    assert "3 invalid or log 0, in grey" in drawn.note

    request = {"configs": one_hot, "loss": "sp", "term": "loss", "rows": [0, 1], "steps": [0, 1]}
    answer = transition_of(batch, TransitionRequest.model_validate(request))
    terms = {term.name: term for term in answer.terms}
    told, limit = terms["log_teacher"].value, terms["log_teacher"].log_zero
    assert isinstance(told, list)
    assert isinstance(limit, float)
    assert told[0] == 0.0
    assert told[1] is not None
    assert told[1] <= limit
    assert terms["teacher"].log_zero is None
