"""What leaves the page holds the numbers on screen."""

import ast
import csv
import subprocess
import sys
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest
import torch
from PIL import Image
from playwright.sync_api import expect
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from mouse.batch import load_batch
from mouse.losses.dqn import DqnLossConfig, dqn_inputs, dqn_stage_options, dqn_terms
from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

Ground = tuple[int, int, int]
GROUNDS: dict[Literal["light", "dark"], Ground] = {"light": (255, 255, 255), "dark": (21, 24, 28)}
"""Colours behind the figures, by scheme."""


def stem(demo: Screen) -> str:
    return (demo.part("batch-name").text_content() or "").removesuffix(".safetensors")


def test_the_copied_script_prints_the_losses_on_screen(demo: Screen, dashboard: Dashboard, tmp_path: Path) -> None:
    demo.type_into("cql_weight", "0.25")
    demo.drag("gamma", 0.4)
    demo.settle()
    demo.part("copy-python").click()
    expect(demo.part("copy-python")).to_contain_text("Copied")
    script = demo.page.evaluate("navigator.clipboard.readText()")
    file = dashboard.file(dashboard.demo_id, tmp_path)
    file.rename(tmp_path / (demo.part("batch-name").text_content() or ""))
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert f"dqn = {demo.number('loss-value')!r}" in told
    assert f"total = {demo.number('total-value')!r}" in told
    assert ast.literal_eval(next(line for line in told if line.startswith("{"))) == demo.metrics()


def saved(demo: Screen, item: str, folder: Path) -> Path:
    """Download by the menu; the file keeps the name that the browser gives it."""
    demo.part("download-menu").click()
    with demo.page.expect_download() as download:
        demo.part(item).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_the_files_of_the_menu_hold_what_the_map_shows_under_names_that_say_it(
    demo: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    demo.type_into("gamma", "0.8")
    demo.settle()
    demo.pick_term("td_error")
    path = saved(demo, "download-terms-csv", tmp_path)
    assert path.name == f"{stem(demo)}-dqn-terms.csv"
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    shown = [number for row in demo.map_numbers() for number in row]
    assert [float(line["td_error"]) for line in lines] == shown

    demo.pick_loss("sp")
    demo.pick_term("loss")
    path = saved(demo, "download-terms-safetensors", tmp_path)
    assert path.name == f"{stem(demo)}-sp-terms.safetensors"
    terms: dict[str, Tensor] = load_file(path)
    assert terms["loss"].equal(torch.tensor(demo.map_numbers()))

    path = saved(demo, "download-batch", tmp_path)
    assert path.name == f"{stem(demo)}.safetensors"
    assert path.read_bytes() == dashboard.file(dashboard.demo_id, tmp_path).read_bytes()


def pictured(demo: Screen, figure: str, ending: str, folder: Path) -> Path:
    """Save a figure by its own menu."""
    demo.part(figure).hover()
    demo.part(f"{figure}-save").click()
    with demo.page.expect_download() as download:
        demo.part(f"{figure}-save-{ending}").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def size_of(demo: Screen, figure: str) -> tuple[float, float]:
    box = demo.part(figure).locator(".js-plotly-plot").bounding_box()
    assert box is not None
    return box["width"], box["height"]


def test_a_picture_is_sharp_opaque_and_in_the_colours_on_screen(demo: Screen, tmp_path: Path) -> None:
    demo.pick_term("loss")
    for scheme, ground in GROUNDS.items():
        demo.page.emulate_media(color_scheme=scheme)
        expect(demo.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        demo.settle()
        width, height = size_of(demo, "term-map")
        path = pictured(demo, "term-map", "png", tmp_path)
        assert path.name == f"{stem(demo)}-dqn-Map-of-loss.png"
        with Image.open(path) as picture:
            pixels = picture.convert("RGBA")
        assert pixels.width == round(2 * width)
        assert pixels.height > 2 * height
        assert pixels.getchannel("A").getextrema() == (255, 255)
        assert pixels.getpixel((0, 0)) == (*ground, 255)
        assert len(pixels.getcolors(1 << 24) or []) > 20


def test_figures_are_saved_with_their_numbers_and_with_what_they_are_of(
    demo: Screen, dashboard: Dashboard, tmp_path: Path
) -> None:
    demo.type_into("gamma", "0.75")
    demo.settle()
    note = demo.part("figure-share_curve-note").text_content() or "missing"
    path = pictured(demo, "figure-share_curve", "svg", tmp_path)
    text = " ".join(ElementTree.parse(path).getroot().itertext())  # noqa: S314  the page's own file
    assert "Share of the loss" in text
    assert note in " ".join(text.split())
    assert "gamma = 0.75" in text
    assert f"{stem(demo)}.safetensors" in text
    assert dashboard.demo_id[:12] in text

    path = pictured(demo, "figure-worst", "csv", tmp_path)
    batch = load_batch(dashboard.file(dashboard.demo_id, tmp_path))
    cfg = DqnLossConfig(gamma=0.75)
    terms = dqn_terms(dqn_inputs(*batch, **dqn_stage_options(cfg)), cfg)
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 20
    for line in lines:
        place = int(line["sequence"]), int(line["transition"])
        for name in ("loss", "td_error", "reward", "q_taken"):
            assert float(line[name]) == getattr(terms, name)[place].item()
        assert line["terminal"] == str(bool(terms.terminal[place]))

    demo.pick_term("loss")
    button = demo.part("term-histogram-save")
    button.focus()
    expect(button).to_have_css("opacity", "1")
    button.press("Enter")
    expect(demo.part("term-histogram-save-png")).to_be_visible()
    expect(demo.page.locator("[data-autofocus]")).to_be_focused()  # the menu, which hears no key before
    demo.page.keyboard.press("ArrowDown")
    expect(demo.part("term-histogram-save-png")).to_be_focused()
    with demo.page.expect_download() as download:
        demo.page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith("Histogram-of-loss.png")
