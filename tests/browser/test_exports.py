"""What leaves the page holds the numbers on screen."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Dashboard
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser


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
