"""A figure outside the dashboard is the one that the dashboard draws."""

import json
import sys
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard.evaluate.figure_of import PLOTLY_MIME, figure_of
from mouse_dashboard.figures import FIGURES
from tests.server.batches import random_batch
from tests.server.files import saved_batch, send

CONFIGS: dict[str, LossConfig] = {name: loss.config() for name, loss in LOSSES.items()}
BATCH: Any = random_batch()
STEP_STREAM, OUT = BATCH.step_stream, BATCH.out


@pytest.mark.parametrize(
    ("kind", "loss", "view"),
    [
        ("map", "dqn", {"term": "td_error", "rows": (1, 3)}),
        ("td_error_by_end", "dqn", {}),
        ("rotation_dial", "vec_dqn", {"rows": (1, 2), "steps": (2, 3)}),
        ("entropy", "sp", {}),
    ],
)
def test_it_is_the_figure_of_the_page(kind: str, loss: str, view: dict[str, Any], dashboard: TestClient) -> None:
    batch_id = send(dashboard, saved_batch()).json()["id"]
    request = {"kind": kind, "loss": loss, "term": "loss"} | view
    asked: dict[str, Any] = {"configs": {name: {} for name in LOSSES}, "figures": [request]}
    answer = dashboard.post(f"/api/batches/{batch_id}/evaluate", json=asked)
    (expected,) = answer.json()["figures"]
    drawn = figure_of(STEP_STREAM, OUT, CONFIGS, kind, loss=loss, **view)
    assert (drawn.title, drawn.note) == (FIGURES[kind].title, expected["note"])
    told = json.loads(json.dumps(drawn.to_dict()))
    assert told["data"] == expected["figure"]["data"]
    assert {name: told["layout"][name] for name in expected["figure"]["layout"] if name != "height"} == {
        name: value for name, value in expected["figure"]["layout"].items() if name != "height"
    }
    assert told["layout"]["title"]["text"] == drawn.title


def test_the_first_loss_is_meant_if_none_is_said() -> None:
    configs: dict[str, LossConfig] = {"sv": CONFIGS["sv"], "dqn": CONFIGS["dqn"]}
    assert figure_of(STEP_STREAM, OUT, configs, "map") == figure_of(STEP_STREAM, OUT, configs, "map", loss="sv")


@pytest.mark.parametrize(
    ("kind", "how", "said"),
    [
        ("pie", {}, "kind: found 'pie', expected a figure of dqn"),
        ("map", {"loss": "sac"}, "loss: found 'sac', expected one of the configs"),
        ("map", {"term": "tdd"}, "term: found 'tdd', expected a term of dqn"),
        ("map", {"rows": (0, 99)}, "rows: found 0 to 99, expected a non-empty part of 0 to 4"),
        ("worst", {}, "worst: it is a table"),
        ("cql_penalty", {}, "cql_penalty: The CQL penalty is off"),
    ],
)
def test_what_cannot_be_drawn_is_told(kind: str, how: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        figure_of(STEP_STREAM, OUT, CONFIGS, kind, **how)


def test_a_loss_that_cannot_run_says_why() -> None:
    with pytest.raises(ValueError, match=r"out\.dqn_target: found only dqn"):
        figure_of(STEP_STREAM, OUT.select("dqn"), {"dqn": DqnLossConfig()}, "map")


def test_no_loss_at_all_is_told() -> None:
    with pytest.raises(ValueError, match="configs: found none, expected at least one of dqn"):
        figure_of(STEP_STREAM, OUT, {}, "map")


def test_a_notebook_displays_it_with_and_without_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: Any = figure_of(STEP_STREAM, OUT, CONFIGS, "share_curve", loss="dqn")
    bundle = drawn._repr_mimebundle_()
    assert bundle[PLOTLY_MIME]["layout"]["title"]["subtitle"]["text"] == drawn.note
    assert bundle["text/plain"] == f"{drawn.title}: {drawn.note}"
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    assert drawn._repr_mimebundle_() == {"text/plain": bundle["text/plain"], PLOTLY_MIME: drawn.to_dict()}


def test_it_prints_as_what_it_is_of_and_not_as_its_numbers() -> None:
    drawn = figure_of(STEP_STREAM, OUT, CONFIGS, "share_curve", loss="dqn")
    assert repr(drawn) == f"<LossFigure Share of the loss: {drawn.note}>"
