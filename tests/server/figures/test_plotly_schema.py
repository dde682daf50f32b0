"""Plotly's own schema accepts every figure that the service emits."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import torch
from plotly.graph_objects import Figure
from tensordict import TensorDict

from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch
from mouse_dashboard.data.field_figures import field_figures
from mouse_dashboard.data.models import FieldRequest
from mouse_dashboard.figures import FIGURES
from mouse_dashboard.schema.requests import EvaluateRequest
from mouse_dashboard.schema.results import FigureResult
from tests.server.answers import answered
from tests.server.batches import random_batch
from tests.server.odd_batches import of_shape, with_entry, zeros

CONFIGS: dict[str, Any] = {"dqn": {"cql_weight": 0.5}, "vec_dqn": {}, "sp": {"temperature": 0.1}, "sv": {}}
CASES = [(name, kind) for name, loss in LOSSES.items() for kind, figure in FIGURES.items() if figure.fits(loss)]
PINNED = {"configs": {name: {"weight": 2} for name in LOSSES}}
MAPS = [{"kind": "map", "colours": "symlog"}, {"kind": "map", "side": "difference"}, {"kind": "histogram"}]
TERMS = [
    {"loss": name, "term": term.name, **view}
    for name, loss in LOSSES.items()
    for term in loss.term_infos
    for view in MAPS
]
MOST = 16
"""Figures of one request."""
EMPTY = {"by": "done", "value": 3}


def figures(batch: Batch, asked: Iterable[dict[str, Any]], **rest: Any) -> Iterator[FigureResult]:
    views = list(asked)
    for start in range(0, len(views), MOST):
        body = {"configs": CONFIGS, "figures": views[start : start + MOST], "pinned": PINNED, **rest}
        yield from answered(batch, EvaluateRequest.model_validate(body)).figures


def assert_valid(results: Iterable[FigureResult]) -> int:
    """Count those that hold a figure; Plotly raises at a property that it does not know."""
    drawn = [result.figure for result in results if result.figure is not None]
    for figure in drawn:
        Figure(figure.data, figure.layout)
    return len(drawn)


@pytest.mark.parametrize(
    ("batch", "rest"),
    [
        pytest.param(random_batch(), {}, id="small"),
        pytest.param(random_batch(), {"slice": {"by": "action", "value": 1}}, id="slice"),
        pytest.param(random_batch(), {"slice": EMPTY}, id="empty slice"),
        pytest.param(random_batch(), {"brief": True}, id="brief"),
        pytest.param(random_batch(20, 1500, 4, 4), {}, id="downsampled"),
        pytest.param(of_shape(1, 2, 2, 2), {}, id="one transition"),
        pytest.param(with_entry("dqn", float("nan")), {}, id="NaN"),
        pytest.param(with_entry("q_star", float("-inf")), {}, id="-inf"),
        pytest.param(zeros(), {}, id="zeros"),
    ],
)
def test_every_figure_of_every_loss_is_valid(batch: Batch, rest: dict[str, Any]) -> None:
    asked = [{"kind": kind, "loss": name, "term": "loss"} for name, kind in CASES]
    assert assert_valid(figures(batch, asked, **rest)) >= 25  # an empty slice leaves those of a term and of a sequence


def test_every_term_is_valid_on_both_sides_of_a_comparison() -> None:
    assert assert_valid(figures(random_batch(), TERMS)) > len(TERMS) * 0.8


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.uint8, torch.int64, torch.bool])
@pytest.mark.parametrize("shape", [(2, 5), (300, 600)])
@pytest.mark.parametrize("colours", ["linear", "symlog"])
def test_a_field_of_the_batch_is_valid(dtype: torch.dtype, shape: tuple[int, int], colours: str) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0)).mul(9).abs().to(dtype)
    batch = Batch("", TensorDict({"field": values}, shape), TensorDict({}, shape))
    asked = FieldRequest.model_validate({"group": "step_stream", "name": "field", "colours": colours})
    assert assert_valid(field_figures(batch, asked).figures) == 2


def test_a_property_that_plotly_does_not_know_is_refused() -> None:
    (result,) = figures(random_batch(), [{"kind": "map", "loss": "sv", "term": "loss"}])
    assert result.figure is not None
    result.figure.data[0]["colour"] = "red"
    with pytest.raises(ValueError, match="Invalid property"):
        assert_valid([result])
