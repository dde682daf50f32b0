"""A figure outside the dashboard is the one that the dashboard draws."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from plotly.graph_objects import Figure
from starlette.testclient import TestClient

import mouse_dashboard
from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse_dashboard import figure_of
from mouse_dashboard.evaluate import figure_of as module
from mouse_dashboard.evaluate.service import evaluate_request
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
    drawn: Any = figure_of(STEP_STREAM, OUT, CONFIGS, kind, loss=loss, **view)
    told = json.loads(drawn.to_json())
    title = told["layout"]["title"]
    assert (title["text"], title["subtitle"]["text"]) == (FIGURES[kind].title, expected["note"])
    assert told["data"] == expected["figure"]["data"]
    layout: dict[str, Any] = {name: value for name, value in expected["figure"]["layout"].items() if name != "height"}
    assert {name: told["layout"][name] for name in layout} == layout


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


def test_it_is_a_figure_of_plotlys_that_can_be_restyled_and_saved(tmp_path: Path) -> None:
    drawn = figure_of(STEP_STREAM, OUT, CONFIGS, "share_curve", loss="dqn")
    assert isinstance(drawn, Figure)
    drawn.update_layout(title_text="Mine").update_traces(line_color="red")
    drawn.write_html(tmp_path / "figure.html")
    assert "Mine" in (tmp_path / "figure.html").read_text()


def test_a_name_in_its_note_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(*arguments: Any) -> Any:
        evaluation = evaluate_request(*arguments)
        figures = [each.model_copy(update={"note": "<b>\u202e%{x}"}) for each in evaluation.figures]
        return evaluation.model_copy(update={"figures": figures})

    monkeypatch.setattr(module, "evaluate_request", noted)
    drawn: Any = figure_of(STEP_STREAM, OUT, CONFIGS, "share_curve")
    subtitle = drawn.layout.title.subtitle.text
    assert not re.search(r"[<\u202e%]", subtitle)
    assert unescape(subtitle) == r"<b>\u202e%{x}"


@pytest.mark.process
def test_its_import_is_cheap_and_it_needs_no_service() -> None:
    code = """
import sys, mouse_dashboard
print(sorted({"mouse.losses", "torch", "plotly", "pydantic"} & sys.modules.keys()))
mouse_dashboard.figure_of
print(sorted({"fastapi", "starlette", "uvicorn", "sqlalchemy", "typer"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


def test_the_package_has_no_other_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'figures_of'"):
        mouse_dashboard.figures_of  # noqa: B018
    assert "figure_of" in dir(mouse_dashboard)
