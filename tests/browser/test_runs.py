"""A training run on the page: snapshots come in while it is open, and one transition is followed through them."""

import math
import re
from collections.abc import Generator
from itertools import count
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect
from tensordict import TensorDict

import mouse
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_loss, dqn_terms
from tests.browser.conftest import Dashboard, running_dashboard
from tests.browser.screen import Screen
from tests.browser.test_page import dqn_batch

pytestmark = pytest.mark.browser

CFG = DqnLossConfig(gamma=0.5, reward_scale=2.0)
KEPT = 8
"""Snapshots that the dashboard keeps of a run."""
Batch = tuple[TensorDict, TensorDict]
names = (f"run {number}" for number in count(1))


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Generator[Dashboard]:
    """One of their own, so that other tests see no runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOUSE_KEEP_SNAPSHOTS", str(KEPT))
        with running_dashboard(tmp_path_factory.mktemp("runs")) as running:
            yield running


class Training:
    """A training run that pushes a batch whenever a test says so."""

    def __init__(self, dashboard: Dashboard, run: str) -> None:
        self.name = run
        self.batches: dict[int, Batch] = {}
        self._url = dashboard.base

    def push(self, *steps: int, cfg: DqnLossConfig = CFG, poison: bool = False, **said: object) -> None:
        """Push a batch of its own at each step; a poisoned one has an infinite reward."""
        with mouse.Client(self._url, run=self.name, resume=True) as client:
            for step in steps:
                batch = dqn_batch(4, 12, seed=1000 + step)
                if poison:
                    batch[0]["reward"][1, 5] = math.inf
                self.batches[step] = batch
                metrics = {"return": math.nan if poison else float(step)}
                client.push(*batch, step=step, configs={"dqn": cfg}, metrics=metrics, **said)  # type: ignore[arg-type]
        assert client.stats.sent == len(steps)

    def loss(self, step: int, cfg: DqnLossConfig = CFG) -> float:
        """What training minimises on the batch of a step."""
        return dqn_loss(*self.batches[step], cfg)[0].item()


@pytest.fixture
def training(dashboard: Dashboard) -> Training:
    """A run that nobody has pushed to."""
    return Training(dashboard, next(names))


@pytest.fixture
def watching(page: Page, dashboard: Dashboard, training: Training) -> Screen:
    """The DQN loss at the newest of three snapshots, opened from the list of runs."""
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    training.push(100, 200, 300)
    open_run(screen, training.name)
    screen.settle()
    return screen


def open_run(screen: Screen, name: str) -> None:
    screen.part("run-menu").click()
    screen.part("run-search").fill(name)
    screen.part("run-row").filter(has_text=name).first.get_by_role("menuitem").click()
    expect(screen.part("run-name")).to_have_text(name)


def at_step(screen: Screen, step: int) -> None:
    """Wait until a snapshot is on screen with all its numbers."""
    expect(screen.part("run-step")).to_have_attribute("data-value", str(step))
    screen.page.wait_for_url(f"**step={step}*")
    screen.settle()


def test_a_run_appears_and_goes_on_without_a_reload(page: Page, dashboard: Dashboard, training: Training) -> None:
    page.goto(dashboard.dqn)
    screen = Screen(page)
    screen.settle()
    page.evaluate("window.untouched = true")
    training.push(0)
    open_run(screen, training.name)
    at_step(screen, 0)
    assert screen.number("loss-value") == training.loss(0)
    training.push(50)
    at_step(screen, 50)
    assert screen.number("loss-value") == training.loss(50)
    expect(screen.part("run-live").first).to_be_visible()
    assert page.evaluate("window.untouched"), "the page was loaded anew"


def test_scrubbing_follows_one_transition_through_training(watching: Screen, training: Training) -> None:
    watching.click_map(0.4, 0.4)
    expect(watching.part("transition-place")).to_be_visible()
    watching.settle()
    place = watching.place()
    for step, way in ((200, "run-back"), (100, "run-back"), (200, "run-forward")):
        watching.part(way).click()
        at_step(watching, step)
        terms = dqn_terms(dqn_inputs(*training.batches[step]), CFG)[place]
        expect(watching.part("transition-loss")).to_have_attribute("data-value", _exact(terms.loss.item()))
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
    watching.part("side-select").get_by_text("live − pinned").click()
    watching.settle()
    now, before = (dqn_terms(dqn_inputs(*training.batches[step]), CFG).loss for step in (100, 300))
    torch.testing.assert_close(torch.tensor(watching.map_numbers()), (now - before).double(), check_dtype=False)


def test_it_follows_until_somebody_goes_back_and_catches_up_when_told(watching: Screen, training: Training) -> None:
    follow = watching.part("run-follow")
    expect(follow).to_be_checked()
    watching.part("run-back").click()
    at_step(watching, 200)
    expect(follow).not_to_be_checked()
    training.push(400, 500)
    expect(watching.part("run-news")).to_have_text("2 new")
    at_step(watching, 200)
    watching.part("run-news").click()
    at_step(watching, 500)
    expect(follow).to_be_checked()
    expect(watching.part("run-news")).to_have_count(0)
    follow.uncheck(force=True)
    training.push(600)
    expect(watching.part("run-news")).to_have_text("1 new")
    at_step(watching, 500)


def test_the_slider_and_the_keys_go_from_snapshot_to_snapshot(watching: Screen) -> None:
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


def test_findings_and_what_is_not_finite_are_marked(watching: Screen, training: Training) -> None:
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


def test_the_time_line_draws_what_training_logged_and_what_the_library_computes(
    watching: Screen, training: Training
) -> None:
    at = watching.part("run-value").locator("[data-value]")
    watching.part("run-series").select_option("metric.return")
    expect(at).to_have_attribute("data-value", "300")
    watching.part("run-series").select_option("loss.dqn")
    expect(at).to_have_attribute("data-value", _exact(training.loss(300)))
    watching.page.reload()
    expect(at).to_have_attribute("data-value", _exact(training.loss(300)))


def test_a_run_opens_with_its_configs_and_says_where_others_are_on_screen(watching: Screen, training: Training) -> None:
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


def test_what_was_left_out_and_what_made_room_is_said(watching: Screen, training: Training) -> None:
    expect(watching.part("run-sequences")).to_have_count(0)
    training.push(400, max_sequences=2)
    at_step(watching, 400)
    expect(watching.part("run-sequences")).to_have_text("2 of 4 sequences")
    watching.part("run-first").click()
    at_step(watching, 100)
    watching.part("run-keep").click()
    expect(watching.part("run-keep")).to_have_attribute("aria-pressed", "true")
    training.push(*range(500, 500 + 100 * KEPT, 100))
    expect(watching.part("run-dropped")).to_have_text("4 dropped")
    expect(watching.part("run-strip")).to_contain_text(f"1 of {KEPT} snapshots")


def test_a_deleted_snapshot_leaves_its_neighbour_and_a_deleted_run_nothing(watching: Screen, training: Training) -> None:
    remove = watching.part("run-delete-step")
    remove.click()
    expect(remove).to_have_text("Delete?")
    remove.click()
    at_step(watching, 200)
    expect(watching.part("run-strip")).to_contain_text("2 of 2 snapshots")
    watching.part("run-menu").click()
    watching.part("run-search").fill(training.name)
    row = watching.part("run-row").filter(has_text=training.name)
    row.get_by_test_id("run-delete").click()
    row.get_by_test_id("run-delete").click()
    expect(row).to_have_count(0)
    expect(watching.part("run-strip")).to_have_count(0)


def test_a_link_to_a_snapshot_that_is_gone_leads_to_its_run(watching: Screen, training: Training) -> None:
    watching.part("run-first").click()
    at_step(watching, 100)
    gone = watching.page.url
    watching.part("run-delete-step").click()
    watching.part("run-delete-step").click()
    at_step(watching, 200)
    watching.page.goto(gone)
    expect(watching.part("no-batch")).to_contain_text(f"step 100 of the run {training.name}, which goes on to step 300")
    watching.part("show-run").click()
    at_step(watching, 300)


def test_the_report_says_of_which_step_and_which_sequences_it_is(
    watching: Screen, training: Training, tmp_path: Path
) -> None:
    training.push(400, max_sequences=2)
    at_step(watching, 400)
    watching.part("download-menu").click()
    with watching.page.expect_download() as download:
        watching.part("download-report").click()
    download.value.save_as(tmp_path / "report.html")
    told = (tmp_path / "report.html").read_text()
    assert f"Step 400 of run {training.name}, 2 of 4 sequences" in re.sub("<!-- -->", "", told)


def test_the_list_of_runs_finds_by_name(watching: Screen, training: Training, dashboard: Dashboard) -> None:
    other = Training(dashboard, "another agent")
    other.push(7)
    watching.page.keyboard.press("r")
    expect(watching.part("run-row").first).to_contain_text("another agent")
    watching.page.keyboard.type("AGENT another")
    expect(watching.part("run-row")).to_have_count(1)
    expect(watching.part("run-row")).to_contain_text("1 snapshot · step 7")
    watching.page.keyboard.press("Enter")
    at_step(watching, 7)
    expect(watching.part("run-name")).to_have_text("another agent")
    assert watching.number("loss-value") == other.loss(7)


def test_runs_that_push_the_same_bytes_stay_apart(watching: Screen, training: Training, dashboard: Dashboard) -> None:
    twin = Training(dashboard, f"twin of {training.name}")
    twin.push(300, cfg=DqnLossConfig(gamma=0.25))
    open_run(watching, twin.name)
    at_step(watching, 300)
    assert "dqn.gamma=0.25" in watching.page.url
    watching.page.go_back()
    expect(watching.part("run-name")).to_have_text(training.name)
    at_step(watching, 300)
    expect(watching.part("run-configs")).to_have_count(0)


def test_the_strip_folds_and_stays_folded(watching: Screen) -> None:
    watching.part("run-toggle").click()
    expect(watching.part("run-chart")).to_have_count(0)
    watching.page.reload()
    at_step(watching, 300)
    expect(watching.part("run-chart")).to_have_count(0)
    watching.part("run-toggle").click()
    expect(watching.part("run-chart")).to_be_visible()


def _exact(number: float) -> str:
    """As JavaScript spells it."""
    return repr(int(number)) if number.is_integer() else repr(number)
