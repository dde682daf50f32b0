"""A training run comes in while the page is open: listed, followed, kept, deleted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mouse.losses.dqn import DqnLossConfig
from tests.browser.conftest import KEPT, Dashboard
from tests.browser.runs.training import Training, at_step, open_run
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


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


def test_a_link_to_a_run_watches_it_and_one_to_a_snapshot_that_is_gone_leads_to_it(
    watching: Screen, training: Training, dashboard: Dashboard
) -> None:
    watching.part("run-first").click()
    at_step(watching, 100)
    gone = watching.page.url
    watching.part("run-delete-step").click()
    watching.part("run-delete-step").click()
    at_step(watching, 200)
    watching.page.goto(gone)
    expect(watching.part("no-batch")).to_contain_text(f"step 100 of run {training.name}, whose newest step is 300")
    watching.part("show-run").click()
    at_step(watching, 300)

    run = re.findall("run=([0-9a-f]{32})", watching.page.url)[0]
    watching.page.goto(f"{dashboard.base}?run={run}")
    at_step(watching, 300)
    assert "dqn.gamma=0.5" in watching.page.url
    training.push(400)
    at_step(watching, 400)


def test_what_was_left_out_and_what_made_room_is_said_in_the_report_too(
    watching: Screen, training: Training, tmp_path: Path
) -> None:
    expect(watching.part("run-sequences")).to_have_count(0)
    training.push(400, max_sequences=2)
    at_step(watching, 400)
    expect(watching.part("run-sequences")).to_have_text("2 of 4 sequences")
    watching.part("download-menu").click()
    with watching.page.expect_download() as download:
        watching.part("download-report").click()
    download.value.save_as(tmp_path / "report.html")
    told = (tmp_path / "report.html").read_text()
    assert f"Step 400 of run {training.name}, 2 of 4 sequences" in re.sub("<!-- -->", "", told)

    watching.part("run-first").click()
    at_step(watching, 100)
    watching.part("run-keep").click()
    expect(watching.part("run-keep")).to_have_attribute("aria-pressed", "true")
    training.push(*range(500, 500 + 100 * KEPT, 100))
    expect(watching.part("run-dropped")).to_have_text("4 deleted")
    expect(watching.part("run-strip")).to_contain_text(f"1 of {KEPT} snapshots")


def test_a_deleted_snapshot_leaves_its_neighbour_a_deleted_run_nothing(watching: Screen, training: Training) -> None:
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


def test_the_list_of_runs_finds_by_name_and_the_strip_folds_and_stays_folded(
    watching: Screen, dashboard: Dashboard
) -> None:
    watching.part("run-toggle").click()
    expect(watching.part("run-chart")).to_have_count(0)
    watching.page.reload()
    at_step(watching, 300)
    expect(watching.part("run-chart")).to_have_count(0)
    watching.part("run-toggle").click()
    expect(watching.part("run-chart")).to_be_visible()

    other = Training(dashboard, "another agent")
    other.push(7)
    watching.page.keyboard.press("r")
    expect(watching.part("run-row").first).to_contain_text("another agent")
    expect(watching.part("run-search")).to_be_focused()
    watching.page.keyboard.type("AGENT another")
    expect(watching.part("run-row")).to_have_count(1)
    expect(watching.part("run-row")).to_contain_text("1 snapshot · step 7")
    watching.page.keyboard.press("Enter")
    at_step(watching, 7)
    expect(watching.part("run-name")).to_have_text("another agent")
    assert watching.number("loss-value") == other.loss(7)


def test_runs_that_push_the_same_bytes_stay_apart(watching: Screen, training: Training, dashboard: Dashboard) -> None:
    twin = Training(dashboard, f"twin of {training.name}", data=training.name)
    twin.push(300, cfg=DqnLossConfig(gamma=0.25))
    open_run(watching, twin.name)
    at_step(watching, 300)
    assert "dqn.gamma=0.25" in watching.page.url
    watching.page.go_back()
    expect(watching.part("run-name")).to_have_text(training.name)
    at_step(watching, 300)
    expect(watching.part("run-configs")).to_have_count(0)
