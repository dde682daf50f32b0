"""A slider for a discount spends its length where discounts lie: close to 1."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def test_a_discount_has_0_and_1_at_its_ends_and_099_in_the_middle(demo: Screen) -> None:
    box = demo.part("field-gamma-input")
    thumb = demo.part("field-gamma-slider").get_by_role("slider")
    thumb.press("Home")
    expect(box).to_have_value("0")
    thumb.press("End")
    expect(box).to_have_value("1")
    for share, value in ((0.25, "0.9"), (0.5, "0.99"), (0.75, "0.999")):
        demo.type_into("gamma", value)
        expect(thumb).to_have_attribute("aria-valuetext", value)
        assert float(thumb.input_value()) == pytest.approx(1000 * share, abs=0.5)
