"""A slice and a pinned state, next to the live numbers: all of them the library's own."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from mouse.losses import LOSSES
from mouse.losses.gradient import head_gradient
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.schema.errors import ApiError
from mouse_dashboard.schema.numbers import plain
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import Evaluation, FigureResult
from tests.server.answers import answered
from tests.server.batches import random_batch
from tests.server.figures.parts import decoded


def evaluation(batch: Batch, *others: Batch, figures: list[dict[str, Any]] | None = None, **asked: Any) -> Evaluation:
    body: dict[str, Any] = {"configs": {name: {} for name in LOSSES}, "figures": figures or [], **asked}
    return answered(batch, EvaluateRequest.model_validate(body), *others)


def figure(batch: Batch, kind: str, *others: Batch, **asked: Any) -> FigureResult:
    view = {"loss": "dqn", "term": "td_error", "kind": kind} | asked.pop("view", {})
    return evaluation(batch, *others, figures=[view], **asked).figures[0]


def test_a_slice_has_the_loss_of_its_transitions_alone() -> None:
    batch = random_batch(5, 9)
    whole: Any = batch
    result = evaluation(batch, slice={"by": "done", "value": 1}).losses["dqn"].slice
    chosen = whole.step_stream["done"][:, 1:] == 1
    loss = LOSSES["dqn"]
    terms = loss.terms(loss.inputs(*batch.part(slice(None)), cql=False), loss.config())
    assert result is not None
    assert (result.label, result.count, result.of) == ("terminal", int(chosen.sum()), 40)
    assert result.loss == pytest.approx(terms.loss[chosen].mean().item())
    assert result.share == pytest.approx((terms.loss[chosen].sum() / terms.loss.sum()).item())
    assert result.metrics["q_values_max"] == terms.q_taken[chosen].max().item()


def test_the_slices_of_a_grouping_add_up_to_the_batch() -> None:
    batch = random_batch(5, 9)
    for name in LOSSES:
        parts = [evaluation(batch, slice={"by": "action", "value": value}).losses[name].slice for value in range(5)]
        present = [part for part in parts if part and part.count]
        assert sum(part.count for part in present) == present[0].of
        assert sum(part.share or 0 for part in present) == pytest.approx(1)


def test_an_empty_slice_has_no_loss_and_no_metrics() -> None:
    batch = random_batch()
    batch.step_stream["done"].zero_()
    result = evaluation(batch, slice={"by": "done", "value": 2}).losses["dqn"].slice
    assert result is not None
    assert (result.count, result.loss, result.share, result.metrics) == (0, None, None, {})


def test_a_slice_leaves_the_numbers_of_the_batch_alone() -> None:
    batch = random_batch()
    plain, sliced = evaluation(batch), evaluation(batch, slice={"by": "reward", "value": 0})
    assert plain.total == sliced.total
    assert all(plain.losses[name].metrics == sliced.losses[name].metrics for name in LOSSES)


@pytest.mark.parametrize(
    ("asked", "field"), [({"by": "colour", "value": 0}, "slice.by"), ({"by": "done", "value": 9}, "slice.value")]
)
def test_a_class_that_does_not_exist_is_named(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(ApiError) as refused:
        evaluation(random_batch(), slice=asked)
    assert (refused.value.body.status, refused.value.body.field) == (422, field)


def test_a_map_is_blank_outside_of_the_slice() -> None:
    batch = random_batch(4, 7)
    whole: Any = batch
    result = figure(batch, "map", slice={"by": "done", "value": 0})
    assert result.figure is not None
    shown = torch.tensor(decoded(result.figure.data[0]["z"]))
    assert (~shown.isnan()).equal(whole.step_stream["done"][:, 1:] == 0)
    assert "of the slice, the others blank" in result.note


def test_a_histogram_puts_the_slice_before_the_whole() -> None:
    result = figure(random_batch(4, 7), "histogram", slice={"by": "done", "value": 0})
    assert result.figure is not None
    assert [trace["name"] for trace in result.figure.data] == ["slice", "all"]
    counted = [sum(row[0] for row in decoded(trace["customdata"])) for trace in result.figure.data]
    assert counted[1] == 24 > counted[0]
    assert sum(decoded(result.figure.data[0]["y"])) == pytest.approx(100)


def test_the_pinned_numbers_are_those_of_an_evaluation_of_their_own() -> None:
    batch, pinned = random_batch(), {"dqn": {"gamma": 0.5}, "sv": {"loss_type": "mae"}}
    both = evaluation(batch, pinned={"configs": pinned})
    alone = answered(batch, EvaluateRequest.model_validate({"configs": pinned}))
    assert both.pinned is not None
    assert both.pinned.losses == alone.losses
    assert both.pinned.total == alone.total
    assert both.total == evaluation(batch).total


def test_another_batch_can_be_pinned() -> None:
    batch, other = random_batch(), replace(random_batch(3, 5, seed=1), id="0" * 64)
    result = evaluation(batch, other, pinned={"configs": {"dqn": {}}, "batch_id": other.id})
    assert result.pinned is not None
    assert result.pinned.batch_id == other.id
    assert result.pinned.losses["dqn"].loss == evaluation(other).losses["dqn"].loss


def test_a_map_shows_live_minus_pinned() -> None:
    batch, pinned = random_batch(), {"configs": {"dqn": {"gamma": 0.5}}}
    sides = {
        side: figure(batch, "map", pinned=pinned, view={"side": side}) for side in ("live", "pinned", "difference")
    }
    values = {side: torch.tensor(decoded(shown.figure.data[0]["z"])) for side, shown in sides.items() if shown.figure}
    torch.testing.assert_close(values["difference"], values["live"] - values["pinned"])
    assert values["difference"].abs().max() > 0


def test_what_cannot_be_compared_says_why() -> None:
    batch, other = random_batch(), replace(random_batch(3, 5), id="0" * 64)
    without = figure(batch, "map", view={"side": "difference"})
    assert (without.figure, without.note) == (None, "Nothing is pinned.")
    pinned: dict[str, Any] = {"configs": {"dqn": {}}, "batch_id": other.id}
    assert "another shape" in figure(batch, "changed", other, pinned=pinned).note
    assert "cannot run on what is pinned" in figure(batch, "changed", pinned={"configs": {"sv": {}}}).note


def test_the_transitions_that_changed_most_come_first_with_the_terms_that_differ() -> None:
    result = figure(random_batch(), "changed", pinned={"configs": {"dqn": {"gamma": 0.5}}})
    assert result.table is not None
    names = [column.name for column in result.table.columns]
    changes = [row[names.index("loss change")] for row in result.table.rows]
    assert [abs(change) for change in changes] == sorted((abs(change) for change in changes), reverse=True)
    assert "td_target live" in names
    assert "reward_raw live" not in names
    same = figure(random_batch(), "changed", pinned={"configs": {"dqn": {}}})
    assert (same.table, same.note) == (None, "the loss of 24 transitions is the same, live and pinned")


@pytest.mark.parametrize("name", LOSSES)
def test_the_length_of_the_gradient_is_told_where_the_gradient_is_shown(name: str) -> None:
    batch = random_batch()
    assert evaluation(batch).losses[name].gradient_norm is None
    shown = {"kind": "histogram", "loss": name, "term": "gradient"}
    told = evaluation(batch, figures=[shown]).losses[name]
    gradient = head_gradient(LOSSES[name], *batch.part(slice(None)), LOSSES[name].config())
    assert told.gradient_norm == pytest.approx(math.sqrt(sum(number**2 for number in plain(gradient.flatten()))))
    assert told.health[-1].term == "gradient"
