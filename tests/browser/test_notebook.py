"""A page of a notebook, on another port of this machine, shows the dashboard in a frame."""

import http.server
import threading
from collections.abc import Generator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

import mouse
from mouse import notebook
from mouse.losses.dqn import DqnLossConfig
from tests.server.batches import random_batch

pytestmark = pytest.mark.browser


@pytest.fixture
def shown() -> Generator[Any]:
    """A batch as a cell of a notebook shows it."""
    batch: Any = random_batch()
    yield mouse.show(batch.step_stream, batch.out, {"dqn": DqnLossConfig(gamma=0.9)}, height=700)
    for dashboard in notebook.dashboards.values():
        dashboard.close()
    notebook.dashboards.clear()


def test_the_frame_of_a_cell_shows_the_batch_under_its_configs(shown: Any, context: BrowserContext) -> None:
    cell: str = shown._repr_html_()

    class Cell(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>notebook</title>{cell}".encode())

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Keep the terminal as it is."""

    with http.server.ThreadingHTTPServer(("localhost", 0), Cell) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_test_id("field-gamma-input")).to_have_value("0.9")
        server.shutdown()
