"""One transition is followed through the steps of a run, and a step compared with a step."""

import pytest
import torch
from playwright.sync_api import expect

from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_terms
from tests.browser.runs.training import CFG, Training, at_step, exact
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_scrubbing_follows_one_transition_through_training(watching: Screen, training: Training) -> None:
    watching.click_map(0.4, 0.4)
    expect(watching.part("transition-place")).to_be_visible()
    watching.settle()
    place = watching.place()
    for step, way in ((200, "run-back"), (100, "run-back"), (200, "run-forward")):
        watching.part(way).click()
        at_step(watching, step)
        terms = dqn_terms(dqn_inputs(*training.batches[step]), CFG)[place]
        expect(watching.part("transition-loss")).to_have_attribute("data-value", exact(terms.loss.item()))
        assert watching.place() == place
        assert watching.terms()["td_target"] == terms.td_target.item()
        assert watching.number("loss-value") == training.loss(step)
    watching.page.reload()
    at_step(watching, 200)
    expect(watching.part("transition-place")).to_be_visible()
    assert watching.place() == place


def test_a_step_is_compared_with_a_step(watching: Screen, training: Training) -> None:
    watching.part("run-pin").click()
    watching.part("run-first").click()
    at_step(watching, 100)
    expect(watching.part("pinned-chip")).to_contain_text(f"{training.name} · step 300")
    assert watching.number("pinned-loss") == training.loss(300)
    assert watching.number("difference-loss") == training.loss(100) - training.loss(300)
    watching.part("side-select").get_by_text("live \u2212 pinned").click()
    watching.settle()
    now, before = (dqn_terms(dqn_inputs(*training.batches[step]), CFG).loss for step in (100, 300))
    torch.testing.assert_close(torch.tensor(watching.map_numbers()), (now - before).double(), check_dtype=False)


def test_the_slider_and_the_keys_go_from_snapshot_to_snapshot_under_configs_of_ones_own_too(
    watching: Screen, training: Training
) -> None:
    assert "dqn.gamma=0.5" in watching.page.url
    expect(watching.part("run-configs")).to_have_count(0)
    watching.type_into("gamma", "0.9")
    watching.settle()
    expect(watching.part("run-configs")).to_contain_text("dqn.gamma 0.9 instead of 0.5")
    watching.part("run-back").click()
    at_step(watching, 200)
    assert watching.number("loss-value") == training.loss(200, DqnLossConfig(gamma=0.9, reward_scale=2.0))
    watching.part("run-use-configs").click()
    watching.settle()
    assert watching.number("loss-value") == training.loss(200)
    expect(watching.part("run-configs")).to_have_count(0)
    watching.part("run-forward").click()
    at_step(watching, 300)

    watching.page.keyboard.press(",")
    at_step(watching, 200)
    watching.page.keyboard.press(".")
    at_step(watching, 300)
    slider = watching.part("run-slider")
    slider.focus()
    for key, step in (("Home", 100), ("ArrowRight", 200), ("End", 300), ("ArrowLeft", 200)):
        slider.press(key)
        at_step(watching, step)
    expect(slider).to_have_attribute("aria-valuetext", "step 200, 2 of 3 snapshots, no errors or warnings")
    box = slider.bounding_box()
    assert box is not None
    watching.page.mouse.click(box["x"] + box["width"] * 0.1, box["y"] + 20)
    at_step(watching, 100)


def test_the_time_line_draws_what_training_logged_what_the_library_computes_and_what_is_not_finite(
    watching: Screen, training: Training
) -> None:
    at = watching.part("run-value").locator("[data-value]")
    watching.part("run-series").select_option("metric.return")
    expect(at).to_have_attribute("data-value", "300")
    watching.part("run-series").select_option("loss.dqn")
    expect(at).to_have_attribute("data-value", exact(training.loss(300)))
    watching.page.reload()
    expect(at).to_have_attribute("data-value", exact(training.loss(300)))

    training.push(400, poison=True)
    at_step(watching, 400)
    mark = watching.page.locator("[data-testid=run-mark][data-step='400']")
    expect(mark).to_have_attribute("data-verdict", "error")
    expect(watching.page.locator("[data-testid=run-mark][data-step='300']")).to_have_attribute("data-verdict", "clean")
    expect(watching.part("run-value").locator("[data-bad]")).to_be_visible()
    expect(watching.part("run-stray")).to_have_count(1)
    watching.part("run-series").select_option("metric.return")
    expect(watching.part("run-stray")).to_have_attribute("title", "NaN")
    watching.part("run-slider").hover(position={"x": 8, "y": 20})
    expect(watching.part("run-tip")).to_contain_text("step 100return 100no errors or warnings")
