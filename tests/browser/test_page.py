"""What a visitor does: bring a batch, read a message, share a link, use the keyboard."""

import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import BrowserContext, Page, expect
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


def dqn_batch(rows: int, steps: int, actions: int = 3, seed: int = 0) -> tuple[TensorDict, TensorDict]:
    """A batch with the DQN head alone."""
    generator = torch.Generator().manual_seed(seed)
    step_stream = {
        "action": torch.randint(0, actions, (rows, steps), generator=generator),
        "reward": torch.randn(rows, steps, generator=generator),
        "done": torch.zeros(rows, steps, dtype=torch.int64),
    }
    out = {name: torch.randn(rows, steps, actions, generator=generator) for name in ("dqn", "dqn_target")}
    return TensorDict(step_stream, batch_size=[rows, steps]), TensorDict(out, batch_size=[rows, steps])


def test_the_demo_shows_a_map_and_a_histogram_that_fit_a_laptop_and_its_address_is_copied(demo: Screen) -> None:
    expect(demo.part("term-map").locator(".hm")).to_be_visible()
    expect(demo.part("term-histogram").locator(".bars .point").first).to_be_attached()
    expect(demo.part("term-map-note")).to_have_text("every one of 4,064 transitions")
    expect(demo.part("term-histogram").locator(".xtitle")).to_be_in_viewport(ratio=1)
    demo.part("copy-link").click()
    expect(demo.part("copy-link")).to_contain_text("Copied")
    assert demo.page.evaluate("navigator.clipboard.readText()") == demo.page.url
    demo.click_map(0.5, 0.5)
    expect(demo.part("transition-place")).to_be_visible()
    row, step = demo.place()
    demo.page.keyboard.press("ArrowRight")
    expect(demo.part("transition-place")).to_have_attribute("data-step", str(step + 1))
    demo.page.keyboard.press("ArrowDown")
    expect(demo.part("transition-place")).to_have_attribute("data-row", str(row + 1))


def test_files_of_ones_own_upload_and_what_is_wrong_with_one_is_said(demo: Screen, tmp_path: Path) -> None:
    batch = dqn_batch(3, 9)
    save_batch(tmp_path / "mine.safetensors", *batch)
    demo.upload(tmp_path / "mine.safetensors")
    demo.shows("mine.safetensors")
    demo.settle()
    assert demo.number("loss-value") == dqn_loss(*batch, DqnLossConfig())[0].item()
    expect(demo.part("loss-missing-sp")).to_contain_text("q_star")
    expect(demo.part("loss-missing-vec_dqn")).to_contain_text("vec_dqn")

    (tmp_path / "mine.safetensors").rename(tmp_path / "again.safetensors")
    demo.upload(tmp_path / "again.safetensors")
    expect(demo.page.get_by_text("Already here as mine.safetensors")).to_be_visible()
    demo.shows("mine.safetensors")

    (tmp_path / "broken.safetensors").write_bytes(b"not a batch at all")
    before = demo.number("loss-value")
    demo.upload(tmp_path / "broken.safetensors")
    expect(demo.page.get_by_text(re.compile("broken.safetensors")).first).to_be_visible()
    expect(demo.part("error-message").first).to_contain_text(re.compile("safetensors", re.IGNORECASE))
    assert demo.number("loss-value") == before


def test_a_file_dropped_anywhere_uploads_and_two_at_once_are_refused_with_a_reason(
    demo: Screen, tmp_path: Path
) -> None:
    transfer = demo.page.evaluate_handle(
        """() => {
             const transfer = new DataTransfer();
             for (const name of ["a.npz", "b.npz"]) transfer.items.add(new File(["x"], name));
             return transfer;
           }"""
    )
    demo.page.locator("body").dispatch_event("dragenter", {"dataTransfer": transfer})
    zone = demo.page.locator(".mantine-Dropzone-root").first
    zone.dispatch_event("dragover", {"dataTransfer": transfer})
    zone.dispatch_event("drop", {"dataTransfer": transfer})
    expect(demo.page.get_by_text("Open one file at a time.")).to_be_visible()

    save_batch(tmp_path / "dropped.safetensors", *dqn_batch(2, 5, seed=3))
    data = list((tmp_path / "dropped.safetensors").read_bytes())
    dropped = demo.page.evaluate_handle(
        """bytes => {
             const transfer = new DataTransfer();
             transfer.items.add(new File([new Uint8Array(bytes)], "dropped.safetensors"));
             return transfer;
           }""",
        data,
    )
    for event in ("dragenter", "dragover", "drop"):
        target = demo.page.locator(".mantine-Dropzone-root") if event != "dragenter" else demo.page.locator("body")
        target.first.dispatch_event(event, {"dataTransfer": dropped})
    demo.shows("dropped.safetensors")
    demo.settle()


def test_gamma_of_two_gets_its_message_and_the_last_result_stays_and_is_called_stale(demo: Screen) -> None:
    before = demo.number("loss-value")
    demo.type_into("gamma", "2")
    expect(demo.part("field-gamma-error")).to_have_text(
        "Found 2, expected 0 to 1; type a number in that range, or reset it to 0.99."
    )
    expect(demo.part("term-map").locator(".hm")).to_be_visible()
    assert demo.number("loss-value") == before
    expect(demo.part("loss-card")).to_contain_text("stale: last good result")
    dimmed = (
        "name => { let o = 1, part = document.querySelector(`[data-testid=${name}]`);"
        " for (; part; part = part.parentElement) o *= getComputedStyle(part).opacity; return o < 0.7 }"
    )
    for part in ("loss-value", "metrics", "health", "term-map"):
        demo.page.wait_for_function(dimmed, arg=part)

    of_another = demo.number("loss-tab-sp-value")
    demo.part("loss-tab-sp").click()
    expect(demo.part("error-banner")).to_contain_text("configs.dqn.gamma: found 2, expected 0 to 1")
    assert demo.number("loss-tab-sp-value") == of_another
    demo.page.get_by_role("button", name="Show dqn").click()
    expect(demo.part("field-gamma-error")).to_be_visible()
    demo.part("field-gamma-reset").click()
    demo.settle()
    expect(demo.part("field-gamma-error")).to_have_count(0)


def test_the_link_reproduces_the_screen(demo: Screen, context: BrowserContext) -> None:
    demo.type_into("gamma", "0.5")
    demo.settle()
    demo.pick_term("td_error")
    demo.click_map(0.5, 0.5)
    expect(demo.part("transition-place")).to_be_visible()
    demo.settle()
    other = Screen(context.new_page())
    other.page.goto(demo.page.url)
    other.settle()
    expect(other.part("transition-place")).to_be_visible()
    assert other.number("loss-value") == demo.number("loss-value")
    assert other.place() == demo.place()
    assert other.terms() == demo.terms()
    expect(other.part("term-map")).to_have_attribute("data-term", "td_error")
    expect(other.part("field-gamma-input")).to_have_value("0.5")


def test_each_loss_keeps_the_term_that_was_looked_at_and_going_back_leads_to_it(demo: Screen) -> None:
    demo.pick_term("td_error")
    demo.pick_loss("sv")
    expect(demo.part("term-map")).to_have_attribute("data-term", "loss")
    demo.page.go_back()
    demo.settle()
    assert demo.metrics().keys() >= {"dqn_loss"}
    expect(demo.part("term-map")).to_have_attribute("data-term", "td_error")
    demo.pick_loss("sv")
    demo.pick_loss("dqn")
    expect(demo.part("term-map")).to_have_attribute("data-term", "td_error")


def test_a_million_transitions_are_pooled_and_say_so(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    batch = dqn_batch(2048, 512, actions=2, seed=4)
    save_batch(tmp_path / "million.safetensors", *batch)
    screen = open_file(page, dashboard, tmp_path / "million.safetensors")
    screen.settle()
    expect(screen.part("term-map-note")).to_contain_text("1 cell = 22 sequences x 3 transitions, mean")
    screen.click_map(0.5, 0.5)
    expect(screen.part("transition-place")).to_contain_text("66 transitions")


def test_a_tiny_batch_shows_its_one_transition(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    save_batch(tmp_path / "tiny.safetensors", *dqn_batch(1, 2, actions=2))
    screen = open_file(page, dashboard, tmp_path / "tiny.safetensors")
    screen.settle()
    expect(screen.part("term-map-note")).to_have_text("1 transition")


def test_the_colour_scheme_follows_the_system(page: Page, dashboard: Dashboard) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(dashboard.dqn)
    Screen(page).settle()
    background = "getComputedStyle(document.body).backgroundColor"
    assert brightness(page.evaluate(background)) < 80
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")
    assert brightness(page.evaluate(background)) > 80


def brightness(colour: str) -> float:
    """The mean of red, green and blue."""
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3
