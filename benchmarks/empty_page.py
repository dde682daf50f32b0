"""A page of one slider and one number, whose server answers at once: what no page that asks a server can beat."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Response

ANSWER_BYTES = 28_000
"""As large as the answer of four thousand transitions."""
PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<div data-testid="slider" style="width: 300px">
  <input type="range" min="0" max="1" step="0.001" style="width: 100%; margin: 0">
</div>
<output data-testid="loss-value"></output>
<script>
  const shown = document.querySelector("output");
  const slider = document.querySelector("input");
  let asking = false;
  slider.addEventListener("input", async () => {
    if (asking) return;
    asking = true;
    while (shown.dataset.value !== slider.value) {
      const value = slider.value;
      await (await fetch("answer/evaluate", { method: "POST", body: value })).arrayBuffer();
      shown.dataset.value = value;
      shown.textContent = value;
    }
    asking = false;
  });
</script>
"""


@contextmanager
def empty_page() -> Generator[str]:
    """The address of the page, as long as it is served."""
    app = FastAPI()
    app.get("/")(lambda: Response(PAGE, media_type="text/html"))
    app.post("/answer/evaluate")(lambda: Response(bytes(ANSWER_BYTES)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()
