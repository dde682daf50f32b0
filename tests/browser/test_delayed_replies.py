"""Replies that come late and in another order than they were asked for."""

from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Route, expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

MOVES = 15
WATCH = """
() => {
  const value = document.querySelector("[data-testid='loss-value']");
  window.seen = [];
  new MutationObserver(() => window.seen.push(value.dataset.value)).observe(value, { attributes: true });
}
"""


def test_check_29_moves_of_a_slider_end_on_the_last_value_and_never_go_back(demo: Screen) -> None:
    page, held = demo.page, list[Route]()

    def release() -> None:
        """Hand over what came in, the newest first."""
        for route in reversed(held):
            with suppress(Error):  # the page has given it up
                route.fulfill(response=route.fetch())
        held.clear()

    def hold(route: Route) -> None:
        held.append(route)

    page.evaluate(WATCH)
    page.route("**/evaluate", hold)
    thumb = demo.part("field-gamma-slider").get_by_role("slider")
    asked, losses = list[str](), list[float]()
    for move in range(MOVES):
        with page.expect_request("**/evaluate"):  # the one before is given up for it
            thumb.press("ArrowLeft")
        asked.append(demo.part("field-gamma-input").input_value())
        if move % 3 == 2:
            release()
    page.unroute("**/evaluate")
    release()
    demo.settle()
    seen: list[str] = page.evaluate("window.seen")
    expect(demo.part("field-gamma-input")).to_have_value(asked[-1])
    assert len(set(asked)) == MOVES
    for gamma in asked:
        body: dict[str, Any] = {"configs": {"dqn": {"gamma": float(gamma)}}, "figures": []}
        batch = page.url.partition("batch=")[2].partition("&")[0]
        answer = page.request.post(f"{page.url.partition('?')[0]}api/batches/{batch}/evaluate", data=body)
        losses.append(answer.json()["losses"]["dqn"]["loss"])
    order = [losses.index(float(value)) for value in seen]
    assert order == sorted(order), "a later value is never replaced by an earlier one"
    assert order[-1] == MOVES - 1
    assert demo.number("loss-value") == losses[-1]
