"""What the page holds in memory while it is used for long."""

from typing import cast

import pytest
from playwright.sync_api import CDPSession

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

FIRST_ROUNDS, MORE_ROUNDS = 2, 2
COLLECTIONS = 3
IDLE = "new Promise(resolve => requestIdleCallback(resolve))"
"""Done when the page has nothing to do: replies and drawings that are under way hold on to what they need."""


def open_everything(screen: Screen) -> None:
    """Every tab, and every panel of figures of each."""
    tabs = screen.page.locator("[data-testid^='tab-'], [data-testid^='loss-tab-']:not([data-testid$='-value'])")
    for index in range(tabs.count()):
        tabs.nth(index).click()
        panels = screen.page.locator("[data-testid^='panel-']")
        for panel in range(panels.count()):
            panels.nth(panel).click()


def held(session: CDPSession) -> dict[str, float]:
    """Bytes of the heap, nodes and listeners, after garbage is collected: one pass lets the next free more."""
    for _ in range(COLLECTIONS):
        session.send("Runtime.evaluate", {"expression": IDLE, "awaitPromise": True})
        session.send("HeapProfiler.collectGarbage")
    counters = cast("dict[str, float]", session.send("Memory.getDOMCounters"))
    heap = cast("dict[str, float]", session.send("Runtime.getHeapUsage"))
    return {"bytes": heap["usedSize"], "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


def test_check_32_opening_every_tab_and_figure_again_takes_no_more_memory(demo: Screen) -> None:
    session = demo.page.context.new_cdp_session(demo.page)
    demo.click_map(0.6, 0.4)
    demo.settle()
    found: list[dict[str, float]] = []
    for rounds in (FIRST_ROUNDS, MORE_ROUNDS):
        for _ in range(rounds):
            open_everything(demo)
        demo.page.get_by_test_id("loss-tab-dqn").click()
        demo.settle()
        found.append(held(session))
    before, after = found
    assert after["bytes"] <= 1.1 * before["bytes"], found
    assert after["nodes"] <= 1.1 * before["nodes"], found
    assert after["listeners"] <= 1.1 * before["listeners"], found
