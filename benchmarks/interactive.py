"""How long the page takes from a slider's move to paint, in headless Chromium, with 18 actions.

    python -m benchmarks.interactive [--loss dqn] [--field gamma] [--moves 40]

A tick is one move of the mouse while it drags a slider. Its clock starts with the browser's own pointer event and ends
two animation frames after the last change of the loss on screen (numbers) and of the last figure in view (figures).
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import torch
from playwright.sync_api import Browser, Page, Response, sync_playwright
from tensordict import TensorDict

from mouse.batch import save_batch
from tests.browser.conftest import FLAGS, running_dashboard
from tests.browser.screen import Screen

SIZES = {"4 thousand": (32, 128), "64 thousand": (512, 128), "1 million": (2048, 512)}
ACTIONS, DIM = 18, 2
WATCH = """
() => {
  const ticks = [];
  let tick = null;
  const painted = (write) => requestAnimationFrame(() => requestAnimationFrame(() => write(performance.now())));
  const shown = document.querySelector("[data-testid=loss-value]");
  addEventListener("pointermove", (event) => {
    tick = { start: event.timeStamp, numbers: null, figures: null, drawn: 0 };
    ticks.push(tick);
  }, true);
  const mine = () => { const own = tick; return (name) => (now) => { if (own) own[name] = now - own.start; }; };
  new MutationObserver(() => painted(mine()("numbers"))).observe(shown, { attributes: true });
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    plot.on("plotly_afterplot", () => { if (tick) { tick.drawn += 1; painted(mine()("figures")); } });
  }
  window.ticks = ticks;
}
"""
SETTLED = """
count => {
  const last = window.ticks.at(-1);
  return window.ticks.length >= count && last.numbers !== null && last.figures !== null;
}
"""


def batch(rows: int, steps: int, folder: Path) -> Path:
    """A random batch with every head."""
    generator = torch.Generator().manual_seed(0)
    shape = [rows, steps]

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(*shape, *size, generator=generator)

    q_star = normal(ACTIONS)
    step_stream = {
        "action": torch.randint(0, ACTIONS, shape, generator=generator),
        "reward": normal(),
        "done": (torch.rand(shape, generator=generator) < 0.02).long(),
        "q_star": q_star,
    }
    out = {name: normal(ACTIONS) for name in ("dqn", "dqn_target", "sp", "sv")}
    out |= {name: normal(ACTIONS, DIM) for name in ("vec_dqn", "vec_dqn_target")}
    path = folder / f"{rows}x{steps}.safetensors"
    save_batch(path, TensorDict(step_stream, shape), TensorDict(out, shape))
    return path


def measure(page: Page, url: str, loss: str, field: str, moves: int) -> dict[str, list[float]]:
    """Drag a slider to and fro; milliseconds of each tick, and bytes of each answer."""
    sizes: list[float] = []
    server: list[float] = []

    def heard(response: Response) -> None:
        if response.url.endswith("/evaluate"):
            timing = response.request.timing
            sizes.append(len(response.body()) / 1000)
            server.append(timing["responseStart"] - timing["requestStart"])

    page.goto(f"{url}&loss={loss}")
    screen = Screen(page)
    screen.settle()
    page.wait_for_timeout(1500)
    slider = screen.part(f"field-{field}-slider")
    slider.scroll_into_view_if_needed()
    track, thumb = slider.bounding_box(), slider.get_by_role("slider").bounding_box()
    assert track is not None
    assert thumb is not None
    page.evaluate(WATCH)
    middle = track["y"] + track["height"] / 2
    page.mouse.move(thumb["x"] + thumb["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * 0.15, middle)
    page.wait_for_function(SETTLED, arg=1, timeout=60_000)
    page.evaluate("() => { window.ticks.length = 0; }")
    page.on("response", heard)
    for move in range(moves):
        page.mouse.move(track["x"] + track["width"] * (0.2 + 0.6 * ((move * 7) % moves) / moves), middle)
        page.wait_for_function(SETTLED, arg=move + 1, timeout=60_000)
    ticks: list[dict[str, float]] = page.evaluate("() => window.ticks")
    page.remove_listener("response", heard)
    page.mouse.up()
    return {
        "numbers": [tick["numbers"] for tick in ticks],
        "figures": [tick["figures"] for tick in ticks],
        "server": server,
        "kB": sizes,
    }


@contextmanager
def chromium() -> Generator[Browser]:
    """The browser that MOUSE_CHROMIUM names, or Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("MOUSE_CHROMIUM"), args=FLAGS)
        yield browser
        browser.close()


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss", default="dqn")
    parser.add_argument("--field", default="gamma")
    parser.add_argument("--moves", type=int, default=40)
    asked = parser.parse_args()
    print(f"{asked.loss}.{asked.field}: ms from input to paint, {ACTIONS} actions")
    print(" transitions  numbers p50    p95  figures p50    p95  server p50     kB")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, (rows, steps) in SIZES.items():
            path = batch(rows, steps, Path(folder))
            with running_dashboard(Path(folder) / name, str(path)) as dashboard:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                found = measure(page, dashboard.url, asked.loss, asked.field, asked.moves)
                page.close()
            line = [
                _median(found["numbers"]),
                _p95(found["numbers"]),
                _median(found["figures"]),
                _p95(found["figures"]),
            ]
            print(
                f"{name:>12} {line[0]:>12.0f} {line[1]:>6.0f} {line[2]:>12.0f} {line[3]:>6.0f}"
                f" {_median(found['server']):>11.1f} {_median(found['kB']):>6.0f}",
                flush=True,
            )


def _median(values: list[float]) -> float:
    return statistics.median(values)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
