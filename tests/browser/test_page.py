"""What a visitor does: bring a batch, read a message, share a link, use the keyboard."""

import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import BrowserContext, Page, expect
from tensordict import TensorDict

from mouse.batch import save_batch
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from tests.browser.conftest import Dashboard
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


def test_the_demo_shows_a_map_and_a_histogram(demo: Screen) -> None:
    expect(demo.part("term-map").locator(".hm")).to_be_visible()
    expect(demo.part("term-histogram").locator(".bars .point").first).to_be_attached()
    expect(demo.part("term-map-note")).to_have_text("every one of 4,064 transitions")


def test_a_file_of_ones_own_uploads_and_shows(demo: Screen, tmp_path: Path) -> None:
    batch = dqn_batch(3, 9)
    save_batch(tmp_path / "mine.safetensors", *batch)
    demo.upload(tmp_path / "mine.safetensors")
    demo.shows("mine.safetensors")
    demo.settle()
    assert demo.number("loss-value") == dqn_loss(*batch, DqnLossConfig())[0].item()


def test_a_file_dropped_anywhere_uploads(demo: Screen, tmp_path: Path) -> None:
    save_batch(tmp_path / "dropped.safetensors", *dqn_batch(2, 5, seed=3))
    data = list((tmp_path / "dropped.safetensors").read_bytes())
    transfer = demo.page.evaluate_handle(
        """bytes => {
             const transfer = new DataTransfer();
             transfer.items.add(new File([new Uint8Array(bytes)], "dropped.safetensors"));
             return transfer;
           }""",
        data,
    )
    for event in ("dragenter", "dragover", "drop"):
        target = demo.page.locator(".mantine-Dropzone-root") if event != "dragenter" else demo.page.locator("body")
        target.first.dispatch_event(event, {"dataTransfer": transfer})
    demo.shows("dropped.safetensors")
    demo.settle()


def test_a_missing_head_is_named_and_the_other_losses_run(demo: Screen, tmp_path: Path) -> None:
    save_batch(tmp_path / "headless.safetensors", *dqn_batch(2, 6, seed=1))
    demo.upload(tmp_path / "headless.safetensors")
    demo.shows("headless.safetensors")
    demo.settle()
    expect(demo.part("loss-missing-sp")).to_contain_text("q_star")
    expect(demo.part("loss-missing-vec_dqn")).to_contain_text("vec_dqn")


def test_a_broken_file_says_why_and_the_batch_on_screen_stays(demo: Screen, tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"not a batch at all")
    before = demo.number("loss-value")
    demo.upload(tmp_path / "broken.safetensors")
    expect(demo.page.get_by_text(re.compile("broken.safetensors")).first).to_be_visible()
    expect(demo.part("error-message").first).to_contain_text(re.compile("safetensors", re.IGNORECASE))
    assert demo.number("loss-value") == before


def test_gamma_of_two_gets_its_message_and_the_last_figures_stay(demo: Screen) -> None:
    before = demo.number("loss-value")
    demo.type_into("gamma", "2")
    expect(demo.part("field-gamma-error")).to_have_text(
        "Found 2, expected 0 to 1; type a number in that range, or reset it to 0.99."
    )
    expect(demo.part("term-map").locator(".hm")).to_be_visible()
    assert demo.number("loss-value") == before
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


def test_copy_link_puts_the_address_on_the_clipboard(demo: Screen) -> None:
    demo.part("copy-link").click()
    expect(demo.part("copy-link")).to_contain_text("Copied")
    assert demo.page.evaluate("navigator.clipboard.readText()") == demo.page.url


def test_going_back_undoes_the_choice_of_a_loss(demo: Screen) -> None:
    demo.pick_loss("sv")
    demo.page.go_back()
    demo.settle()
    assert demo.metrics().keys() >= {"dqn_loss"}


def test_arrow_keys_move_the_selection(demo: Screen) -> None:
    demo.click_map(0.5, 0.5)
    expect(demo.part("transition-place")).to_be_visible()
    row, step = demo.place()
    demo.page.keyboard.press("ArrowRight")
    expect(demo.part("transition-place")).to_have_attribute("data-step", str(step + 1))
    demo.page.keyboard.press("ArrowDown")
    expect(demo.part("transition-place")).to_have_attribute("data-row", str(row + 1))


def test_what_is_not_finite_is_loud(demo: Screen, tmp_path: Path) -> None:
    step_stream, out = dqn_batch(2, 6, seed=2)
    step_stream["reward"][1, 3] = torch.nan
    save_batch(tmp_path / "nan.safetensors", step_stream, out)
    demo.upload(tmp_path / "nan.safetensors")
    demo.shows("nan.safetensors")
    demo.settle()
    expect(demo.part("loss-value")).to_have_text("NaN")
    expect(demo.part("health-reward")).to_contain_text("1 NaN")
    expect(demo.part("term-map-note")).to_contain_text("1 NaN")


def test_a_million_transitions_are_pooled_and_say_so(demo: Screen, tmp_path: Path) -> None:
    batch = dqn_batch(2048, 512, actions=2, seed=4)
    save_batch(tmp_path / "million.safetensors", *batch)
    demo.upload(tmp_path / "million.safetensors")
    demo.shows("million.safetensors")
    demo.settle()
    expect(demo.part("term-map-note")).to_contain_text("1 cell = 22 sequences x 3 transitions, mean")
    demo.click_map(0.5, 0.5)
    expect(demo.part("transition-place")).to_contain_text("66 transitions")


def test_a_tiny_batch_shows_its_one_transition(demo: Screen, tmp_path: Path) -> None:
    save_batch(tmp_path / "tiny.safetensors", *dqn_batch(1, 2, actions=2))
    demo.upload(tmp_path / "tiny.safetensors")
    demo.shows("tiny.safetensors")
    demo.settle()
    expect(demo.part("term-map-note")).to_have_text("every one of 1 transition")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_colour_schemes_follow_the_system(page: Page, dashboard: Dashboard, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(dashboard.dqn)
    Screen(page).settle()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    assert (light < 80) == (scheme == "dark")


def test_a_file_that_is_there_under_another_name_says_so(demo: Screen, tmp_path: Path) -> None:
    save_batch(tmp_path / "first.safetensors", *dqn_batch(2, 7, seed=6))
    demo.upload(tmp_path / "first.safetensors")
    demo.shows("first.safetensors")
    (tmp_path / "first.safetensors").rename(tmp_path / "second.safetensors")
    demo.upload(tmp_path / "second.safetensors")
    expect(demo.page.get_by_text("Already here as first.safetensors")).to_be_visible()
    demo.shows("first.safetensors")


def test_two_files_dropped_at_once_are_refused_with_a_reason(demo: Screen) -> None:
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


def test_a_stale_result_is_dimmed_and_named(demo: Screen) -> None:
    demo.type_into("gamma", "2")
    expect(demo.part("loss-card")).to_contain_text("stale: last good result")
    dimmed = (
        "name => { let o = 1, part = document.querySelector(`[data-testid=${name}]`);"
        " for (; part; part = part.parentElement) o *= getComputedStyle(part).opacity; return o < 0.7 }"
    )
    for part in ("loss-value", "metrics", "health", "term-map"):
        demo.page.wait_for_function(dimmed, arg=part)


def test_each_loss_keeps_the_term_that_was_looked_at(demo: Screen) -> None:
    demo.pick_term("td_error")
    demo.pick_loss("sv")
    expect(demo.part("term-map")).to_have_attribute("data-term", "loss")
    demo.pick_loss("dqn")
    expect(demo.part("term-map")).to_have_attribute("data-term", "td_error")


def test_the_figures_fit_a_laptop_screen(demo: Screen) -> None:
    expect(demo.part("term-histogram").locator(".xtitle")).to_be_in_viewport(ratio=1)
