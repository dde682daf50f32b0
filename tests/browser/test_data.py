"""The batch as it is on the page: maps, counts, episodes, numbers and images are those of the file."""

import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from mouse.batch import load_batch, save_batch
from mouse_dashboard.schema.numbers import plain
from tests.browser.conftest import Dashboard, open_file
from tests.browser.screen import FIGURE_NUMBERS, Screen
from tests.server.batches import random_batch

pytestmark = pytest.mark.browser


def framed() -> Any:
    """A batch with images, and entries that are not finite."""
    batch: Any = random_batch(rows=6, steps=12, seed=5)
    generator = torch.Generator().manual_seed(5)
    batch.step_stream["obs_image"] = torch.randint(0, 256, (6, 12, 3, 8, 10), generator=generator, dtype=torch.uint8)
    batch.step_stream["obs_continuous"] = torch.randn(6, 12, 2, 3, generator=generator)
    batch.step_stream["reward"][2, 5] = math.nan
    batch.step_stream["reward"][4, 1] = math.nan
    batch.out["vec_dqn"][3, 7, 1, 1] = math.inf
    return batch


@pytest.fixture
def frames(page: Page, dashboard: Dashboard, tmp_path: Path) -> tuple[Screen, Any]:
    """Its data view."""
    batch = framed()
    save_batch(tmp_path / "frames.safetensors", batch.step_stream, batch.out)
    screen = open_file(page, dashboard, tmp_path / "frames.safetensors", tab="data")
    settle(screen)
    return screen, batch


def settle(screen: Screen) -> None:
    expect(screen.part("data-map").locator(".hm").first).to_be_visible()
    expect(screen.part("data-figures")).to_have_attribute("aria-busy", "false")
    expect(screen.part("step-panel")).to_have_attribute("aria-busy", "false")


def map_of(screen: Screen, term: str) -> torch.Tensor:
    expect(screen.part("data-map")).to_have_attribute("data-term", term)
    settle(screen)
    shown = screen.page.evaluate(FIGURE_NUMBERS, "data-map")
    return torch.tensor([[math.nan if number is None else number for number in row] for row in shown]).double()


def click(screen: Screen, row: int, step: int, rows: int, steps: int) -> None:
    area = screen.part("data-map").locator(".nsewdrag").first.bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] * (step + 0.5) / steps, area["y"] + area["height"] * (row + 0.5) / rows
    screen.page.mouse.click(x, y)


def at(screen: Screen, row: int, step: int) -> None:
    expect(screen.part("step-place")).to_have_attribute("data-row", str(row))
    expect(screen.part("step-place")).to_have_attribute("data-step", str(step))
    assert f"at={row}-{row + 1},{step}-{step + 1}" in screen.page.url


def entry(screen: Screen, key: str) -> list[float]:
    found = screen.part(f"entry-{key}").locator("[data-value]").all()
    return [float(value.get_attribute("data-value") or "") for value in found]


def test_the_demo_shows_its_fields_and_episodes(demo: Screen, dashboard: Dashboard, tmp_path: Path) -> None:
    step_stream, out = load_batch(dashboard.file(dashboard.demo_id, tmp_path))
    demo.part("tab-data").click()
    assert map_of(demo, "step_stream.reward").equal(step_stream["reward"].double())
    done: Any = step_stream["done"]
    unfinished = int((done[:, -1] == 0).sum())
    assert demo.number("episodes-terminal") == int((done == 1).sum())
    assert demo.number("episodes-truncated") == int((done == 2).sum())
    assert demo.number("episodes-unfinished") == unfinished
    assert demo.number("episodes-count") == int((done != 0).sum()) + unfinished
    demo.part("data-field-out.dqn_target").get_by_role("button").first.click()
    demo.part("field-index-0").fill("2")
    assert map_of(demo, "out.dqn_target[2]").equal(out["dqn_target"][..., 2].double())
    assert "loss=data" in demo.page.url
    assert "term=out.dqn_target" in demo.page.url


def test_a_click_shows_the_image_and_every_field_of_the_step_and_the_losses_follow(frames: tuple[Screen, Any]) -> None:
    screen, batch = frames
    click(screen, 1, 6, 6, 12)
    at(screen, 1, 6)
    expect(screen.part("image-note-step_stream.obs_image")).to_have_text(re.compile("10 . 8 pixels, RGB"))
    assert screen.page.locator("[data-testid^='frame-step_stream.obs_image-']").count() == 7
    screen.part("frame-step_stream.obs_image-8").click()
    at(screen, 1, 8)
    settle(screen)
    image = screen.part("image-step_stream.obs_image")
    address = image.evaluate("image => image.decode().then(() => image.src)")
    with Image.open(io.BytesIO(screen.page.request.get(address).body())) as picture:
        assert np.array_equal(np.asarray(picture), batch.step_stream["obs_image"][1, 8].permute(1, 2, 0).numpy())
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [10, 8]

    click(screen, 4, 8, 6, 12)
    at(screen, 4, 8)
    settle(screen)
    for key, source in (("step_stream", batch.step_stream), ("out", batch.out)):
        for name in set(source.keys()) - {"obs_image"}:
            assert entry(screen, f"{key}.{name}") == plain(source[name][4, 8].double().flatten()), name
    assert entry(screen, "step_stream.obs_image") == []
    screen.pick_loss("sv")
    expect(screen.part("transition-place")).to_have_attribute("data-row", "4")
    expect(screen.part("transition-place")).to_have_attribute("data-step", "8")


def test_a_count_goes_to_the_first_bad_entry_and_a_link_reproduces_the_view(frames: tuple[Screen, Any]) -> None:
    screen, batch = frames
    expect(screen.part("data-nan-step_stream.reward")).to_have_text("2")
    screen.part("data-pos_inf-out.vec_dqn").click()
    at(screen, 3, 7)
    shown = map_of(screen, "out.vec_dqn[1][1]")
    expected = batch.out["vec_dqn"][:, :, 1, 1].double()
    assert shown.nan_to_num(nan=math.inf).equal(expected)
    expect(screen.part("data-map-note")).to_contain_text("1 +inf in magenta")
    screen.part("data-nan-step_stream.reward").click()
    at(screen, 2, 5)
    expect(screen.part("data-map")).to_have_attribute("data-term", "step_stream.reward")

    screen.part("field-picker").click()
    screen.page.get_by_role("option", name="step_stream.obs_continuous", exact=True).click()
    screen.part("field-index-0").fill("1")
    screen.part("field-index-1").fill("2")
    expected = batch.step_stream["obs_continuous"][..., 1, 2].double()
    assert map_of(screen, "step_stream.obs_continuous[1][2]").equal(expected)
    screen.page.goto(screen.page.url)
    assert map_of(screen, "step_stream.obs_continuous[1][2]").equal(expected)
    screen.pick_loss("dqn")
    expect(screen.part("term-map")).to_be_visible()
