"""Bugs planted by hand: the page names them with the library's numbers, leads there, and the fix makes them go away."""

from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, Route, expect

from mouse import doctor
from mouse.batch import load_batch
from mouse.diagnosis import Finding
from mouse.losses import LOSSES
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen
from tests.browser.test_overview import opened

pytestmark = pytest.mark.browser

WRAPPING = 5.0


@pytest.fixture
def batch(dashboard: Dashboard, tmp_path: Path) -> tuple[Any, Any]:
    return load_batch(dashboard.file(dashboard.demo_id, tmp_path))


@pytest.fixture
def wrapped(page: Page, dashboard: Dashboard) -> Screen:
    """The overview with a reward scale that turns too far."""
    page.goto(f"{dashboard.url}&vec_dqn.reward_scale={WRAPPING}")
    screen = Screen(page)
    screen.settle_overview()
    return screen


def findings_on(batch: tuple[Any, Any], **changes: Any) -> list[Finding]:
    return list(doctor(*batch, {name: loss.config(**changes.get(name, {})) for name, loss in LOSSES.items()}))


def theta_wraps(batch: tuple[Any, Any]) -> Finding:
    return next(each for each in findings_on(batch, vec_dqn={"reward_scale": WRAPPING}) if each.rule == "theta-wraps")


def test_the_findings_are_the_librarys_say_why_and_lead_to_their_transitions(
    wrapped: Screen, batch: tuple[Any, Any]
) -> None:
    found = theta_wraps(batch)
    part = wrapped.part("finding-theta-wraps")
    expect(part).to_have_attribute("data-severity", found.severity)
    expect(part).to_contain_text(found.message)
    assert wrapped.number("finding-theta-wraps-measured") == found.measured
    assert wrapped.number("finding-theta-wraps-threshold") == found.threshold
    first = f"{found.count} transitions: [{found.places[0][0]}, {found.places[0][1]}]"
    expect(wrapped.part("finding-theta-wraps-where")).to_contain_text(first)
    share = f"{100 * (found.share_of_loss or 0):.1f} % of the vec_dqn loss"
    expect(wrapped.part("finding-theta-wraps-share")).to_contain_text(share)
    wrapped.part("info-toggle").click()
    expected = [each.rule for each in findings_on(batch, vec_dqn={"reward_scale": WRAPPING})]
    shown = wrapped.page.locator("li[data-severity]").all()
    assert [str(each.get_attribute("data-testid")).removeprefix("finding-") for each in shown] == expected

    wrapped.part("finding-theta-wraps-why").click()
    expect(part).to_contain_text("so that two different rewards mean the same rotation")
    expect(part.get_by_role("link")).to_have_attribute("href", "https://arxiv.org/abs/2104.09864")
    wrapped.part("checked-toggle").click()
    expect(wrapped.part("checked")).to_contain_text("action-out-of-range")
    wrapped.part("not-checked-toggle").click()
    expect(wrapped.part("not-checked")).to_contain_text("temperature-extreme needs another sp.loss_type than ce")

    wrapped.part("finding-theta-wraps-lead").click()
    wrapped.settle()
    assert "loss=vec_dqn" in wrapped.page.url
    expect(wrapped.part("slice-chip")).to_contain_text("found by theta-wraps")
    expect(wrapped.part("slice-count")).to_have_text(f"{found.count} of 4,064 transitions")
    expect(wrapped.part("transition-place")).to_be_visible()
    assert wrapped.place() == found.places[0]
    theta = wrapped.terms()["theta"]
    assert abs(theta) > torch.pi


def test_the_fix_pins_what_was_and_an_old_report_is_said_to_be_old(wrapped: Screen, batch: tuple[Any, Any]) -> None:
    change = theta_wraps(batch).change
    assert change is not None
    fix = wrapped.part("finding-theta-wraps-fix")
    expect(fix).to_have_text(f"Set {change.field} = {change.value}")
    fix.click()
    wrapped.settle_overview()
    expect(wrapped.part("finding-theta-wraps")).to_have_count(0)
    assert f"a.vec_dqn.reward_scale={WRAPPING:g}" in wrapped.page.url
    assert f"&vec_dqn.reward_scale={change.value}" in wrapped.page.url
    wrapped.page.keyboard.press("Control+z")
    expect(wrapped.part("finding-theta-wraps")).to_be_visible()

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    wrapped.page.route("**/doctor", hold)
    wrapped.part("tuned-loss").get_by_text("vec_dqn").click()
    wrapped.type_into("reward_scale", "0.5")
    expect(wrapped.part("findings")).to_have_attribute("data-before", "true")
    expect(wrapped.part("findings-summary")).to_contain_text("before the last change")
    expect(wrapped.part("finding-theta-wraps")).to_be_visible()
    expect(wrapped.part("finding-theta-wraps-fix")).to_be_disabled()
    for route in held:
        route.continue_()
    wrapped.settle_overview()
    expect(wrapped.part("finding-theta-wraps")).to_have_count(0)


def test_the_badge_lights_up_after_a_drag_whatever_tab_is_shown(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}&loss=vec_dqn")
    screen = Screen(page)
    screen.settle()
    expect(screen.part("findings-badge")).to_have_text("1 warning")
    screen.drag("reward_scale", 0.99)
    screen.settle()
    expect(screen.part("findings-badge")).not_to_have_text("1 warning")
    screen.part("tab-overview").click()
    screen.settle_overview()
    expect(screen.part("finding-theta-wraps")).to_be_visible()


def test_a_planted_nan_is_named_and_leads_to_its_field(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    step_stream, out = load_batch(dashboard.file(dashboard.demo_id, tmp_path))
    reward: Any = step_stream["reward"]
    reward[1, 4] = torch.nan
    screen = opened(page, dashboard, (step_stream, out), tmp_path)
    expect(screen.part("finding-input-not-finite")).to_have_attribute("data-severity", "error")
    expect(screen.part("finding-input-not-finite-where")).to_have_text("step_stream.reward, 1 step: [1, 4]")
    expect(screen.part("findings-badge")).to_contain_text("1 error")
    screen.part("finding-input-not-finite-lead").click()
    expect(screen.part("tab-data")).to_have_attribute("aria-selected", "true")
    assert "term=step_stream.reward" in screen.page.url
    assert "at=1-2,4-5" in screen.page.url
    screen.pick_loss("dqn")
    expect(screen.part("slice-count")).to_have_text("1 of 4,064 transitions")
    expect(screen.part("transition-place")).to_be_visible()


def test_a_batch_without_findings_is_not_called_fine(page: Page, dashboard: Dashboard) -> None:
    empty = '{"findings": [], "checked": ["theta-wraps"], "not_checked": [], "partly_checked": []}'
    page.route("**/doctor", lambda route: route.fulfill(content_type="application/json", body=empty))
    page.goto(dashboard.url)
    screen = Screen(page)
    screen.settle_overview()
    expect(screen.part("findings-summary")).to_contain_text("does not prove that nothing is wrong")
    expect(screen.part("checked")).to_have_text("theta-wraps")
    expect(screen.part("findings-badge")).to_have_count(0)
