"""A file of another library on the page: found, asked about, previewed, mapped, and its numbers right."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_terms
from mouse.mapping import Mapping, apply
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.mapping.files import gymnasium, heads
from tests.recordings import files, layouts
from tests.recordings.worlds import play

pytestmark = pytest.mark.browser

NAMES = {"action": "actions", "reward": "rewards", "terminated": "terminations", "truncated": "truncations"}
LEAVES = Mapping(fields=NAMES | {"dqn": "dqn", "dqn_target": "dqn_target"}, layout="flat", alignment="state", length=6)


def rows(screen: Screen, table: str) -> list[list[str]]:
    """The cells of a table."""
    return [line.locator("td").all_inner_texts() for line in screen.part(table).locator("tbody tr").all()]


@pytest.fixture
def rollout(tmp_path: Path) -> Path:
    """Two episodes of a loop around env.step, as numpy saves them."""
    arrays: dict[str, Any] = {name: value.numpy() for name, value in (gymnasium() | heads()).items()}
    np.savez(tmp_path / "rollout.npz", **arrays)
    return tmp_path / "rollout.npz"


@pytest.fixture
def waiting(page: Page, dashboard: Dashboard, rollout: Path) -> Screen:
    """The file on the page, not mapped yet."""
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    screen.upload(rollout)
    expect(screen.part("mapping-step")).to_be_visible()
    expect(screen.part("sample-after")).to_be_visible()
    return screen


def test_the_shift_is_seen_and_the_numbers_are_the_librarys(waiting: Screen) -> None:
    expect(waiting.part("said-alignment")).to_contain_text("Do action, reward and done of a row stand with the state")
    assert rows(waiting, "sample-before")[2] == ["2", "12", "1", "3", "true", "false"]
    assert rows(waiting, "sample-after")[3] == ["3", "20", "1", "3", "1", "2"]
    waiting.part("alignment-next_state").click()
    expect(waiting.part("sample-after").locator("tbody tr").nth(2)).to_have_text("2" + "12" + "1" + "3" + "1")
    waiting.part("alignment-state").click()
    expect(waiting.part("mapping-notes")).to_contain_text("so shifted by one: actions, rewards")
    waiting.part("mapping-open").click()
    waiting.settle()
    waiting.shows("rollout.npz")
    expect(waiting.part("mapping-step")).to_have_count(0)

    step_stream, out = apply(gymnasium() | heads(), LEAVES)
    terms = dqn_terms(dqn_inputs(step_stream, out), DqnLossConfig())
    assert waiting.number("loss-value") == float(terms.loss.mean())
    waiting.click_map(0.3, 0.5)
    _row, step = waiting.place()
    assert waiting.terms()["td_error"] == float(terms.td_error[0, step])
    moved = dqn_terms(
        dqn_inputs(*apply(gymnasium() | heads(), dataclasses.replace(LEAVES, alignment="next_state"))), DqnLossConfig()
    )
    assert waiting.terms()["td_error"] != float(moved.td_error[0, step]), "the other alignment tells another number"

    waiting.part("batch-mapped").locator("summary").click()
    expect(waiting.part("batch-mapped-notes")).to_contain_text("shifted by one")


def test_parts_are_changed_what_does_not_fit_is_said_and_cancel_leads_back(
    waiting: Screen, dashboard: Dashboard
) -> None:
    waiting.part("source-sv").scroll_into_view_if_needed()
    waiting.page.mouse.wheel(0, 2000)
    expect(waiting.part("mapping-open")).to_be_in_viewport()

    waiting.part("mapping-length").fill("9")
    expect(waiting.part("said-length")).to_contain_text("expected at most 6")
    expect(waiting.part("mapping-open")).to_be_disabled()
    waiting.part("mapping-length").fill("3")
    expect(waiting.part("said-length")).to_have_count(0)
    expect(waiting.part("mapping-preview")).to_contain_text("2 windows of 3 steps")

    source = waiting.part("source-time")
    source.fill("rew")
    source.press("ArrowDown")
    source.press("Enter")
    expect(waiting.part("sample-after").locator("thead")).to_contain_text("time")
    expect(waiting.part("mapping-losses")).to_contain_text("dqn")
    waiting.part("part-dqn_target").locator("button").click()
    expect(waiting.part("mapping-losses")).to_contain_text("No loss runs on it yet")

    waiting.part("mapping-cancel").click()
    waiting.settle()
    assert dashboard.demo_id in waiting.page.url
    expect(waiting.part("mapping-step")).to_have_count(0)


def test_a_wrong_mapping_is_changed_afterwards(waiting: Screen) -> None:
    waiting.part("alignment-next_state").click()
    waiting.part("mapping-open").click()
    waiting.settle()
    wrong = waiting.number("loss-value")
    waiting.part("batch-mapped").locator("summary").click()
    waiting.part("remap").click()
    expect(waiting.part("mapping-step")).to_contain_text("Change what is wrong")
    expect(waiting.part("alignment-next_state")).to_be_checked()
    waiting.part("mapping-cancel").click()
    assert waiting.number("loss-value") == wrong
    waiting.part("batch-mapped").locator("summary").click()
    waiting.part("remap").click()
    waiting.part("alignment-state").click()
    waiting.part("mapping-open").click()
    expect(waiting.part("mapping-step")).to_have_count(0)
    waiting.settle()
    assert waiting.number("loss-value") == float(
        dqn_terms(dqn_inputs(*apply(gymnasium() | heads(), LEAVES)), DqnLossConfig()).loss.mean()
    )


def test_a_batch_without_outputs_shows_its_data_and_what_the_doctor_says_of_them(waiting: Screen) -> None:
    expect(waiting.part("taken-rewards")).to_have_text("reward")
    for head in ("dqn", "dqn_target"):
        waiting.part(f"part-{head}").locator("button").click()
    expect(waiting.part("taken-dqn")).to_have_text("")
    waiting.part("mapping-open").click()
    waiting.shows("rollout.npz")
    waiting.page.get_by_role("tab", name="Overview").click()
    expect(waiting.part("findings")).to_be_visible()
    expect(waiting.part("look-first")).to_contain_text("No loss runs on this batch")
    expect(waiting.part("fact-file")).to_contain_text("3 episodes6 steps, 5 in the batch")
    expect(waiting.part("fact-file")).to_contain_text("2 ends of episodes, 2 in the batch")
    expect(waiting.part("error-banner")).to_have_count(0)
    waiting.part("look-first").get_by_role("button", name="Data").click()
    expect(waiting.page.get_by_role("tab", name="Data")).to_have_attribute("aria-selected", "true")


def test_environments_in_turn_and_next_states_are_asked_about_and_changed(
    page: Page, dashboard: Dashboard, tmp_path: Path
) -> None:
    steps = play("CliffWalking-v1", 600, environments=3)
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    screen.upload(files.npz(tmp_path / "turns.npz", layouts.loop(steps)))
    expect(screen.part("said-num_envs")).to_contain_text("Do 3 environments take turns row by row")
    expect(screen.part("mapping-notes")).to_contain_text("600 rows of 3 sequences make 3 windows of 200 steps")
    count = screen.part("part-num_envs").get_by_role("textbox")
    expect(count).to_have_value("3")
    count.fill("1")
    expect(screen.part("mapping-notes")).to_contain_text("600 rows of one sequence")
    count.fill("3")
    expect(screen.part("mapping-notes")).to_contain_text("3 environments take turns row by row")

    order = np.random.default_rng(0).permutation(600)
    pairs = {"s": steps.obs, "action": steps.action, "reward": steps.reward, "s2": steps.next_obs, "done": steps.ended}
    sample = {name: value[order] for name, value in pairs.items()}
    page.goto(dashboard.dqn)
    screen.settle()
    screen.upload(files.npz(tmp_path / "sample.npz", sample))
    expect(screen.part("said-next_states")).to_contain_text("Is s2 the next state of s, as its name may say?")
    expect(screen.part("mapping-notes")).to_contain_text("of both states: s.")
    screen.part("part-next_states").get_by_label("next_states", exact=True).press("Backspace")
    expect(screen.part("mapping-notes")).to_contain_text("of no field are both states known")
