"""What leaves the page holds the numbers on screen."""

import ast
import csv
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


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


def test_the_table_of_terms_holds_what_the_map_shows(demo: Screen, tmp_path: Path) -> None:
    demo.type_into("gamma", "0.8")
    demo.settle()
    demo.pick_term("td_error")
    path = saved(demo, "download-terms-csv", tmp_path)
    assert path.name == f"{stem(demo)}-dqn-terms.csv"
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    shown = [number for row in demo.map_numbers() for number in row]
    assert [float(line["td_error"]) for line in lines] == shown


def test_the_tensors_of_terms_hold_what_the_map_shows(demo: Screen, tmp_path: Path) -> None:
    demo.pick_loss("sp")
    demo.pick_term("loss")
    path = saved(demo, "download-terms-safetensors", tmp_path)
    assert path.name == f"{stem(demo)}-sp-terms.safetensors"
    terms: dict[str, Tensor] = load_file(path)
    assert terms["loss"].equal(torch.tensor(demo.map_numbers()))


def test_the_batch_file_comes_under_its_name(demo: Screen, dashboard: Dashboard, tmp_path: Path) -> None:
    path = saved(demo, "download-batch", tmp_path)
    assert path.name == f"{stem(demo)}.safetensors"
    assert path.read_bytes() == dashboard.file(dashboard.demo_id, tmp_path).read_bytes()
