"""Configurations by name: published ones, and those that a visitor saves."""

import pytest
from playwright.sync_api import Locator, expect

from mouse.losses import LOSSES
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def preset(screen: Screen, name: str) -> Locator:
    return screen.part("preset").filter(has_text=name).first


def save_as(screen: Screen, name: str) -> None:
    screen.part("presets").click()
    screen.part("preset-name").fill(name)
    screen.part("preset-save").click()
    expect(preset(screen, name)).to_be_visible()
    screen.page.keyboard.press("Escape")
    expect(screen.part("preset-list")).to_have_count(0)


def test_every_published_preset_is_offered_and_sets_its_fields_and_the_rest_to_defaults_in_one_step(
    demo: Screen,
) -> None:
    for name, loss in LOSSES.items():
        demo.pick_loss(name)
        demo.part("presets").click()
        expect(demo.part("preset")).to_have_count(len(loss.presets))
        for each in loss.presets:
            expect(preset(demo, each.name)).to_contain_text(each.doc)
        demo.part("presets").click()
        expect(demo.part("preset-list")).to_have_count(0)

    demo.pick_loss("dqn")
    demo.type_into("reward_scale", "3")
    demo.part("presets").click()
    published = LOSSES["dqn"].presets[1]
    expect(preset(demo, published.name)).to_contain_text(str(published.reference))
    preset(demo, published.name).click()
    expect(demo.part("field-gamma-input")).to_have_value(str(published.fields["gamma"]))
    expect(demo.part("field-reward_scale-input")).to_have_value("1")
    demo.settle()
    demo.part("undo").click()
    expect(demo.part("field-gamma-input")).to_have_value("0.99")
    expect(demo.part("field-reward_scale-input")).to_have_value("3")


def test_a_preset_of_ones_own_is_saved_applied_overwritten_renamed_and_deleted(demo: Screen) -> None:
    demo.type_into("gamma", "0.9")
    save_as(demo, "short sight")
    demo.part("reset-all").click()
    demo.page.reload()
    demo.settle()
    demo.part("presets").click()
    preset(demo, "short sight").click()
    expect(demo.part("field-gamma-input")).to_have_value("0.9")

    demo.type_into("gamma", "0.8")
    demo.part("presets").click()
    demo.part("preset-name").fill("short sight")
    expect(demo.part("preset-save")).to_have_text("Overwrite")
    demo.part("preset-save").click()
    expect(preset(demo, "short sight")).to_contain_text("gamma 0.8")
    expect(preset(demo, "short sight")).to_have_attribute("aria-current", "true")

    demo.part("preset-rename").click()
    demo.part("preset-rename-input").fill("far")
    demo.part("preset-rename-input").press("Enter")
    expect(preset(demo, "far")).to_be_visible()
    demo.part("preset-delete").click()
    expect(demo.part("saved-preset")).to_have_count(0)
