"""The one law: the number on screen is the number that training minimises, to the last bit."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import expect

from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse.losses.combined import combined_loss
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_loss, dqn_stage_options, dqn_terms
from mouse.losses.gradient import head_gradient
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def batch(dashboard: Dashboard, tmp_path: Path) -> tuple[Any, Any]:
    return load_batch(dashboard.file(dashboard.demo_id, tmp_path))


def heads(name: str, out: Any) -> list[Any]:
    return [out] if name == "dqn" else [out[head] for head in LOSSES[name].heads]


def test_every_loss_of_the_demo_and_their_total_show_what_the_library_returns(
    demo: Screen, batch: tuple[Any, Any]
) -> None:
    configs = {name: loss.config() for name, loss in LOSSES.items()}
    assert demo.number("total-value") == combined_loss(*batch, configs).total.item()
    for name, found in LOSSES.items():
        demo.pick_loss(name)
        loss, metrics = found.function(batch[0], *heads(name, batch[1]), found.config())
        assert demo.number("loss-value") == loss.item()
        assert demo.metrics() == metrics


def test_dragging_gamma_shows_what_dqn_loss_returns_for_that_gamma_and_the_newest_of_many_moves_stays(
    demo: Screen, batch: tuple[Any, Any]
) -> None:
    demo.pick_term("td_target")
    before = demo.number("loss-value")
    demo.drag("gamma", 0.4)
    demo.settle()
    gamma = float(demo.part("field-gamma-input").input_value())
    assert 0.9 < gamma < 0.99  # the slider is logarithmic towards 1
    cfg = DqnLossConfig(gamma=gamma)
    loss, metrics = dqn_loss(*batch, cfg)
    assert demo.number("loss-value") == loss.item() != before
    assert demo.metrics() == metrics
    terms = dqn_terms(dqn_inputs(*batch, **dqn_stage_options(cfg)), cfg)
    assert torch.tensor(demo.map_numbers()).equal(terms.td_target)

    thumb = demo.part("field-gamma-slider").get_by_role("slider")
    thumb.focus()
    for _ in range(30):
        thumb.press("ArrowLeft")
    demo.settle()
    stepped = float(demo.part("field-gamma-input").input_value())
    assert stepped < gamma
    assert demo.number("loss-value") == dqn_loss(*batch, DqnLossConfig(gamma=stepped))[0].item()


def test_a_click_shows_every_term_of_the_transition(demo: Screen, batch: tuple[Any, Any]) -> None:
    demo.type_into("cql_weight", "0.5")
    demo.settle()
    demo.click_map(0.3, 0.6)
    expect(demo.part("transition-place")).to_be_visible()
    row, step = demo.place()
    cfg = DqnLossConfig(cql_weight=0.5)
    terms = dqn_terms(dqn_inputs(*batch, **dqn_stage_options(cfg)), cfg)
    shown = demo.terms()
    names = [term.name for term in LOSSES["dqn"].term_infos]
    assert list(shown) == [*names, "gradient", "gradient_norm"]
    for name in names:
        values = getattr(terms, name)
        assert shown[name] == (None if values is None else values[row, step].tolist()), name
    assert shown["gradient"] == head_gradient(LOSSES["dqn"], *batch, cfg)[row, step].tolist()
    assert shown["loss"] == shown["td_loss"] + shown["cql_loss"] or math.isclose(
        shown["loss"], shown["td_loss"] + shown["cql_loss"], rel_tol=1e-6
    )
