"""What the page says before there is anything to show, and when a link leads nowhere."""

import json
import urllib.request
from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

NOWHERE = "0" * 64


def call(dashboard: Dashboard, method: str, path: str) -> bytes:
    request = urllib.request.Request(f"{dashboard.base}{path}", method=method)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return answer.read()


@pytest.fixture
def empty(dashboard: Dashboard, page: Page) -> Generator[Screen]:
    """A dashboard without any batch."""
    for row in json.loads(call(dashboard, "GET", "api/batches"))["batches"]:
        call(dashboard, "DELETE", f"api/batches/{row['id']}")
    page.goto(dashboard.base)
    yield Screen(page)
    call(dashboard, "POST", "api/demo")


def test_the_first_visit_says_what_a_batch_is_and_opens_the_demo_in_a_click(
    empty: Screen, dashboard: Dashboard
) -> None:
    expect(empty.part("welcome")).to_contain_text("sequences of S steps")
    expect(empty.part("welcome")).to_contain_text("save_batch(")
    empty.part("open-demo").click()
    empty.shows("demo-0.safetensors")
    empty.settle()
    assert dashboard.demo_id in empty.page.url


def test_a_link_to_a_batch_that_is_gone_says_so_and_leads_on(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.base}?batch={NOWHERE}&dqn.gamma=0.5")
    screen = Screen(page)
    expect(screen.part("no-batch")).to_contain_text(NOWHERE[:12])
    screen.part("show-newest").click()
    screen.settle()
    expect(screen.part("field-gamma-input")).to_have_value("0.5")


def test_a_link_to_a_batch_that_is_gone_brings_the_demo_where_there_is_no_other(empty: Screen) -> None:
    empty.page.goto(f"{empty.page.url}?batch={NOWHERE}")
    empty.part("no-batch").get_by_test_id("open-demo").click()
    empty.shows("demo-0.safetensors")
