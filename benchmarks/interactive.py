"""How long the page takes from a slider's move to paint, in headless Chromium.

    python -m benchmarks.interactive [--loss dqn] [--field gamma] [--moves 40] [--sizes 4k 64k 1M 16M] [--actions 18]
    python -m benchmarks.interactive --function examples/losses/ppo_clip.py:ppo_loss --field clip [--sizes 64k]

A tick is one move of the mouse while it drags a slider. Its clock starts with the browser's own pointer event. It is
read when the loss has changed in the document (change), and two animation frames after that change (numbers) and after
the last change of a figure in view (figures): then it is on screen. Nothing polls the page meanwhile. The first line is
of an empty page, whose server answers at once: the browser hands a move over with the next frame, and two more frames
follow the answer. Where numbers are estimates, some figures wait until the slider rests: those in a stale frame do not
count, and where no figure came the line says of how many ticks it tells. The batch holds what the loss reads: random
numbers for a declared loss; for an example's function the example's own batch, repeated.
"""

import argparse
import math
import os
import statistics
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import torch
from playwright.sync_api import Browser, Locator, Page, Response, expect, sync_playwright
from tensordict import TensorDict

from benchmarks.empty_page import empty_page
from benchmarks.slider import SIZES, write_batch
from mouse.batch import load_batch, save_batch
from tests.browser.conftest import FLAGS, running_dashboard
from tests.browser.screen import Screen

CLOCKS = ("change", "numbers", "figures")
WATCH = """
() => {
  const ticks = [];
  const waiting = [];
  let tick = null;
  const shown = document.querySelector("[data-testid=loss-value]");
  const inView = (plot) => plot.getBoundingClientRect().top < innerHeight;
  const plots = [...document.querySelectorAll(".js-plotly-plot")].filter(inView);
  const waits = (plot) => plot.closest("[data-stale]") !== null;
  const drawn = (each) => plots.every((plot) => each.drawn.has(plot) || waits(plot));
  const done = (each) => each.numbers !== null && each.open === 0 && drawn(each);
  const answer = () => {
    for (const wait of [...waiting]) {
      if (ticks.length < wait.count || !done(ticks.at(-1))) continue;
      waiting.splice(waiting.indexOf(wait), 1);
      wait.resolve();
    }
  };
  const painted = (name) => {
    const own = tick;
    if (!own) return;
    own.open += 1;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      own[name] = performance.now() - own.start;
      own.open -= 1;
      answer();
    }));
  };
  addEventListener("pointermove", (event) => {
    tick = { start: event.timeStamp, change: null, numbers: null, figures: null, drawn: new Set(), open: 0 };
    ticks.push(tick);
  }, true);
  new MutationObserver(() => {
    if (tick) tick.change = performance.now() - tick.start;
    painted("numbers");
  }).observe(shown, { attributes: true });
  for (const plot of plots) {
    const changed = new MutationObserver(() => { tick?.drawn.add(plot); painted("figures"); });
    changed.observe(plot, { attributes: true, childList: true, subtree: true });
  }
  window.ticks = ticks;
  window.settled = (count) => new Promise((resolve) => { waiting.push({ count, resolve }); answer(); });
}
"""
SETTLED = "count => window.settled(count)"


def measure(page: Page, url: str, loss: str, field: str, moves: int) -> dict[str, list[float]]:
    """Open a loss of a batch, and drag the slider of a field."""
    page.goto(f"{url}&loss={loss}")
    screen = Screen(page)
    screen.settle()
    page.wait_for_timeout(1500)
    slider = screen.part(f"field-{field}-slider")
    slider.scroll_into_view_if_needed()
    return drag(page, slider, moves)


def drag(page: Page, slider: Locator, moves: int) -> dict[str, list[float]]:
    """Drag a slider to and fro; milliseconds of each tick, and kilobytes of each answer."""
    sizes: list[float] = []
    server: list[float] = []

    def heard(response: Response) -> None:
        if response.url.endswith("/evaluate"):
            timing = response.request.timing
            sizes.append(len(response.body()) / 1000)
            server.append(timing["responseStart"] - timing["requestStart"])

    track, thumb = slider.bounding_box(), slider.get_by_role("slider").bounding_box()
    assert track is not None
    assert thumb is not None
    page.evaluate(WATCH)
    middle = track["y"] + track["height"] / 2
    page.mouse.move(thumb["x"] + thumb["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * 0.15, middle)
    page.evaluate(SETTLED, 1)
    page.evaluate("() => { window.ticks.length = 0; }")
    page.on("response", heard)
    for move in range(moves):
        page.mouse.move(track["x"] + track["width"] * (0.2 + 0.6 * ((move * 7) % moves) / moves), middle)
        page.evaluate(SETTLED, move + 1)
    ticks: list[dict[str, float | None]] = page.evaluate("() => window.ticks.map(({ drawn, ...times }) => times)")
    page.remove_listener("response", heard)
    page.mouse.up()
    times = {name: [time for tick in ticks if (time := tick[name]) is not None] for name in CLOCKS}
    return times | {
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


def repeat_batch(path: Path, example: Path, shape: tuple[int, int]) -> None:
    """Repeat an example's batch until it has a shape."""

    def repeated(fields: TensorDict) -> TensorDict:
        rows, steps = (math.ceil(wanted / size) for wanted, size in zip(shape, fields.batch_size, strict=True))
        tiles = {name: field.repeat(rows, steps, *(1 for _ in field.shape[2:])) for name, field in fields.items()}
        return TensorDict({name: tile[: shape[0], : shape[1]].contiguous() for name, tile in tiles.items()}, shape)

    save_batch(path, *(repeated(fields) for fields in load_batch(example)))


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss", default="dqn")
    parser.add_argument("--function", metavar="FILE:FUNCTION", help="an example's loss instead")
    parser.add_argument("--field", default="gamma")
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["4k", "64k", "1M"])
    parser.add_argument("--actions", type=int, default=18)
    asked = parser.parse_args()
    file, _, function = (asked.function or "").rpartition(":")
    loss = function or asked.loss
    expect.set_options(timeout=60_000)  # the first evaluation of a million transitions reads the whole file
    print(f"{loss}.{asked.field}: ms from input to paint" + ("" if function else f", {asked.actions} actions"))
    print("               change        numbers       figures       server")
    print(" transitions   p50   p95     p50   p95     p50   p95        p50     kB")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        with empty_page() as url:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            tell("empty page", drag(page, page.get_by_test_id("slider"), asked.moves))
            page.close()
        for name in asked.sizes:
            path = Path(folder) / f"{name}.safetensors"
            if function:
                example = Path(file).parent / "batches" / Path(file).with_suffix(".safetensors").name
                repeat_batch(path, example, SIZES[name])
            else:
                write_batch(path, loss, SIZES[name], asked.actions, torch.float32)
            own = ("--loss", asked.function) if function else ()
            with running_dashboard(Path(folder) / name, str(path), *own) as dashboard:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                found = measure(page, dashboard.url, loss, asked.field, asked.moves)
                page.close()
            path.unlink()
            tell(name, found)


def tell(name: str, found: dict[str, list[float]]) -> None:
    """Print a line."""
    times = "  ".join(f"{_median(found[clock]):>5.0f} {_p95(found[clock]):>5.0f}" for clock in CLOCKS)
    without = len(found["numbers"]) - len(found["figures"])
    note = f"  {without} of {len(found['numbers'])} ticks were without figures" if without else ""
    print(f"{name:>12}{times} {_median(found['server']):>12.1f} {_median(found['kB']):>6.0f}{note}", flush=True)


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else math.nan


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else math.nan


if __name__ == "__main__":
    main()
