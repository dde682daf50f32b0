"""What changed along a run stands on its time line, and both sides of a change are compared with a click."""

import pytest
from playwright.sync_api import expect

from tests.browser.runs.training import Training, at_step
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_a_change_is_marked_named_and_compared_with_the_step_before(watching: Screen, training: Training) -> None:
    for step in training.batches:  # what is not examined yet is compared with nothing
        mark = watching.page.locator(f"[data-testid=run-mark][data-step='{step}']")
        expect(mark).to_have_attribute("data-verdict", "clean")
    expect(watching.part("run-changes")).to_have_count(0)
    training.push(400, poison=True)
    expect(watching.part("run-changes")).to_be_visible()
    expect(watching.page.locator("[data-testid=run-change][data-step='400']").first).to_be_visible()
    change = watching.part("run-changes").get_by_role("listitem").filter(has_text="400").first
    change.get_by_role("button", name="Compare").click()
    at_step(watching, 400)
    expect(watching.part("pinned-chip")).to_contain_text(f"{training.name} · step 300")
