"""Every figure of every loss, in the same answer as its numbers and of the same terms."""

import math
from typing import Any

import pytest

from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.evaluate.catalogue import catalogue
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import FigureResult
from tests.server.answers import answered, transition_of
from tests.server.batches import random_batch

WORDS = ("share cannot be computed", "the loss of", "nothing to draw", "every one of 0 transitions")
"""How a figure begins that has nothing to draw: a loss without shares, two that are the same, no finite value."""
CONFIGS = {"dqn": {"cql_weight": 0.5}}
"""With every term on."""
CASES = [(name, kind) for name, loss in LOSSES.items() for kind, figure in FIGURES.items() if figure.fits(loss)]


def drawn(batch: Batch, name: str, *views: dict[str, Any]) -> list[FigureResult]:
    figures = [{"loss": name, "term": "loss"} | view for view in views]
    pinned = {"configs": {name: {"weight": 2}}}
    configs = {name: CONFIGS.get(name, {})}
    request = EvaluateRequest.model_validate({"configs": configs, "figures": figures, "pinned": pinned})
    return answered(batch, request).figures


@pytest.mark.parametrize(("name", "kind"), CASES)
@pytest.mark.parametrize("shape", [(1, 2, 2, 2), (4, 7, 3, 2), (3, 600, 18, 8)])
def test_every_figure_of_every_loss_is_drawn_small(name: str, kind: str, shape: tuple[int, int, int, int]) -> None:
    (result,) = drawn(random_batch(*shape), name, {"kind": kind})
    assert result.figure or result.table or result.note.startswith(WORDS)
    assert len(result.model_dump_json()) < 100_000


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0, 1e-42, 3e38], ids=str)
@pytest.mark.parametrize("field", ["reward", "dqn", "dqn_target", "vec_dqn", "vec_dqn_target", "sp", "sv"])
def test_an_odd_number_anywhere_breaks_no_figure(field: str, number: float) -> None:
    batch = random_batch()
    whole: Any = batch
    group = whole.step_stream if field == "reward" else whole.out
    group[field].view(4, 7, -1)[1, 3, 0] = number
    for name in LOSSES:
        kinds = [kind for loss, kind in CASES if loss == name]
        for result in drawn(batch, name, *({"kind": kind, "rows": [1, 2], "steps": [2, 4]} for kind in kinds)):
            assert result.figure or result.table or result.note.startswith(WORDS), result.kind


def test_the_catalogue_lists_the_figures_whose_terms_a_loss_has() -> None:
    kinds = {loss.name: [figure.kind for figure in loss.figures] for loss in catalogue(LOSSES.values())}
    shared = {"map", "histogram", "share_curve", "share_by", "worst", "changed", "sequence", "action_gradient"}
    teacher = {"divergences", "divergences_here", "entropy", "temperature", "agreement", "policies"}
    vector = {"theta", "remaining_angle", "scores_over_time", "rotation_dial", "lead_matrix"}
    assert {name: set(found) - shared for name, found in kinds.items()} == {
        "dqn": {
            "td_error_by_end",
            "prediction",
            "cql_penalty",
            "cql_bias",
            "cql_over_time",
            "cql_push",
            "waterfall",
            "action_values",
        },
        "vec_dqn": vector,
        "sp": teacher,
        "sv": {"value_prediction", "residual_by_action"},
    }
    assert all(shared < set(found) and sorted(found, key=list(FIGURES).index) == found for found in kinds.values())
    assert all(
        figure.title and figure.doc.endswith(".") for loss in catalogue(LOSSES.values()) for figure in loss.figures
    )


def test_a_figure_that_a_loss_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(ApiError, match=r"figures\.0\.kind: found 'policies', expected a figure of dqn: map, ") as error:
        drawn(random_batch(), "dqn", {"kind": "policies"})
    assert (error.value.body.status, error.value.body.field) == (422, "figures.0.kind")


@pytest.mark.parametrize("kind", ["sequence", "action_values"])
def test_a_figure_is_of_the_transition_that_the_transition_route_shows(kind: str) -> None:
    batch = random_batch()
    view = {"loss": "dqn", "term": "q", "component": 1, "rows": [1, 3], "steps": [2, 5]}
    asked = TransitionRequest.model_validate({"configs": {"dqn": {}}} | view)
    place = transition_of(batch, asked)
    (result,) = drawn(batch, "dqn", {"kind": kind} | view)
    what = "transition " if kind == "action_values" else ""
    assert result.note.startswith(f"sequence {place.row}, {what and what + str(place.step)}")
    if kind == "sequence" and result.figure:
        assert result.figure.layout["shapes"][-1]["x0"] == place.step


def test_a_part_of_the_batch_keeps_its_own_rows_and_steps() -> None:
    (result,) = drawn(random_batch(6, 9), "dqn", {"kind": "worst", "rows": [2, 4], "steps": [3, 5]})
    assert result.table is not None
    assert sorted(result.table.places) == [(2, 3), (2, 4), (3, 3), (3, 4)]


def test_a_loss_that_cannot_run_has_no_figures_and_says_so() -> None:
    batch = random_batch()
    batch.step_stream["action"][0, 1] = 99
    results = drawn(batch, "dqn", *({"kind": kind} for name, kind in CASES if name == "dqn"))
    assert {(result.figure, result.table, result.note) for result in results} == {
        (None, None, "The loss has no value on this batch.")
    }
