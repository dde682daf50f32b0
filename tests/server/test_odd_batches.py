"""Whatever is odd about a batch: each loss answers with all of its figures and terms, or with why it cannot run."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from mouse.errors import BatchError, MissingFieldError
from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.compute.evaluator import Evaluator
from mouse_dashboard.data.batch_data import read_batch_data
from mouse_dashboard.data.fields import all_fields
from mouse_dashboard.data.step import step_data
from mouse_dashboard.exports.terms import terms_of
from mouse_dashboard.exports.terms_csv import csv_chunks
from mouse_dashboard.exports.terms_safetensors import safetensors_chunks
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.figures.figure import PANELS
from mouse_dashboard.overview.facts import batch_facts
from mouse_dashboard.overview.overview import overview as overview_of
from mouse_dashboard.schema.requests import EvaluateRequest, TransitionRequest
from mouse_dashboard.schema.results import Evaluation
from tests.server.answers import answered, context_of, transition_of
from tests.server.odd_batches import SHAPES, Odd, odd_batches, of_shape, without_heads

MOST_WHILE_DRAGGING = 100_000
"""Bytes of a brief answer."""
CONFIGS: dict[str, Any] = {
    "dqn": {"cql_weight": 0.5, "normalize_reward_std": True, "gamma_truncated": 0.9},
    "vec_dqn": {"normalize_reward_mean": True, "use_xformed_reward": True},
    "sp": {"loss_type": "js", "temperature": 0.01, "label_smoothing": 0.1},
    "sv": {"loss_type": "mae"},
}
"""Every term on."""
every_odd = pytest.mark.parametrize("odd", list(odd_batches()), ids=lambda odd: odd.batch.id)


def strict(model: Any) -> str:
    """The answer as it is sent, in which nothing that is not finite has become a null on the way."""
    bare = [place for place, number in floats_of(model.model_dump()) if not math.isfinite(number)]
    assert bare == [], "pydantic would write null"
    text = model.model_dump_json()
    json.loads(text, parse_constant=lambda constant: pytest.fail(f"bare {constant}"))
    return text


def floats_of(value: Any, place: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield place, value
    elif isinstance(value, dict):
        for key, part in cast("dict[str, Any]", value).items():
            yield from floats_of(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(cast("list[Any]", value)):
            yield from floats_of(part, f"{place}[{index}]")


def names_in(batch: Batch) -> set[str]:
    return {name for _, name, _ in all_fields(batch)}


def panels(batch: Batch, name: str, evaluator: Evaluator, **request: Any) -> Iterator[Evaluation]:
    """The figures of a loss, a panel at a time, each below the map of the last term with a third dimension."""
    term = [term.name for term in LOSSES[name].term_infos if len(term.dims) > 2][-1]
    figures = [figure for figure in FIGURES.values() if figure.fits(LOSSES[name])]
    for panel in PANELS:
        views = [{"kind": f.name, "loss": name, "term": term} for f in figures if f.panel in {"term", panel}]
        asked = {"configs": {name: CONFIGS[name]}, "figures": views} | request
        yield answered(batch, EvaluateRequest.model_validate(asked), evaluator=evaluator)


@every_odd
def test_every_figure_is_drawn_or_says_why_it_is_not(odd: Odd) -> None:
    evaluator = Evaluator(1 << 24)
    for name in odd.losses:
        for told in panels(odd.batch, name, evaluator, pinned={"configs": {name: {}}}):
            strict(told)
            result = told.losses[name]
            assert (result.loss is None) == (result.error is not None)
            for drawn in told.figures:
                assert drawn.figure or drawn.table or drawn.note, drawn.kind
                assert result.error is None or not (drawn.figure or drawn.table), "a figure of what was not computed"


@pytest.mark.parametrize("name", LOSSES)
def test_while_a_slider_is_dragged_no_panel_is_heavy(name: str) -> None:
    for told in panels(of_shape(3, 600, 18, 8), name, Evaluator(1 << 24), brief=True):
        assert len(strict(told)) < MOST_WHILE_DRAGGING


@every_odd
def test_a_loss_that_has_a_value_has_transitions_and_terms_to_take_along_and_no_other_has(odd: Odd) -> None:
    batch = odd.batch
    evaluator = Evaluator(1 << 24)
    context = context_of(batch, CONFIGS, evaluator)
    overview = overview_of(context)
    strict(overview)
    for name in odd.losses:
        asked = TransitionRequest.model_validate({"configs": CONFIGS, "loss": name, "term": "loss"})
        job = context.job(name)
        error = overview.losses[name].error
        if error is not None:
            assert error.status == 422
            with pytest.raises((BatchError, MissingFieldError)) as refused:
                transition_of(batch, asked, evaluator)
            assert str(refused.value) == error.message
            with pytest.raises((BatchError, MissingFieldError)):
                terms_of(job, context.cache, context.token)
            continue
        assert "loss" in strict(transition_of(batch, asked, evaluator))
        terms = terms_of(job, context.cache, context.token)
        lines = terms.first["loss"].numel()
        assert b"".join(csv_chunks(terms)).count(b"\n") == 1 + lines
        size, chunks = safetensors_chunks(terms)
        assert len(b"".join(chunks)) == size


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_class_of_transitions_can_be_looked_at(shape: Sequence[int]) -> None:
    batch, evaluator = of_shape(*shape), Evaluator(1 << 24)
    for by, grouping in evaluator.groupings(batch).items():
        slices = [{"by": by, "value": value} for value in range(len(grouping.labels))]
        asked = [EvaluateRequest.model_validate({"configs": CONFIGS, "slice": slice_}) for slice_ in slices]
        told = [answered(batch, request, evaluator=evaluator) for request in asked]
        for name in LOSSES:
            found = [one.losses[name].slice for one in told]
            counts = [slice_.count for slice_ in found if slice_]
            assert len(counts) in {0, len(slices)}, "a loss runs whatever is looked at, or never"
            assert {sum(counts)} >= {slice_.of for slice_ in found if slice_}, "each transition is in one class"
        assert all(strict(one) for one in told)


@every_odd
def test_the_batch_itself_is_told_of(odd: Odd) -> None:
    batch = odd.batch
    strict(batch_facts(context_of(batch, {})))
    strict(read_batch_data(batch, CancelToken(60)))
    rows, steps = batch.shape
    told = {entry.name for entry in step_data(batch, rows - 1, steps - 1).fields}
    assert told == names_in(batch)


def test_whichever_heads_are_missing_the_losses_that_have_theirs_run() -> None:
    for batch in without_heads():
        told = answered(batch, EvaluateRequest.model_validate({"configs": CONFIGS}))
        strict(told)
        for name, loss in LOSSES.items():
            missing = [head for head in loss.heads if head not in names_in(batch)]
            assert (told.losses[name].error is not None) == bool(missing)
