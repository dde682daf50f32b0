"""What pushing to a dashboard costs a training loop, while that dashboard is killed and restarted twice.

    python -m benchmarks.client [--steps 200] [--repeat 6]

A Q network of two hidden layers is trained on one thread, on batches of 1 MB. The same script runs without a client and
with one that pushes every step, in turn. Compared are the medians of its loop's wall time, for which the machine must
be idle, and of its thread's processor time. How far the loop's own time varies is printed too: a difference below that
says nothing. Counted along: the time spent in `push` itself, and the snapshots that are listed at the end.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import torch
from tensordict import TensorDict
from torch import Tensor, nn

import mouse
from mouse.losses.dqn import DqnLossConfig, dqn_loss
from tests.server.runs.service import Service, service

ROWS, STEPS, ACTIONS, STATE = 64, 64, 18, 24
CFG = DqnLossConfig(gamma=0.99)
KILLED_AT = (0.3, 0.65)
"""When in the course of training the dashboard is killed."""


def sampled(generator: torch.Generator) -> TensorDict:
    """What a replay buffer would give."""
    shape = (ROWS, STEPS)
    fields = {
        "obs_continuous": torch.randn(*shape, STATE, generator=generator),
        "action": torch.randint(ACTIONS, shape, generator=generator),
        "reward": torch.randn(shape, generator=generator),
        "done": (torch.rand(shape, generator=generator) < 0.02).long(),
    }
    return TensorDict(fields, batch_size=shape)


def network() -> nn.Sequential:
    """Action values of a state."""
    return nn.Sequential(nn.Linear(STATE, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, ACTIONS))


def train(steps: int, url: str | None) -> dict[str, Any]:
    """Train, push if there is somebody to push to, and tell the seconds of the loop, of `push`, and of the end."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    online, target = network(), network()
    optimizer = torch.optim.Adam(online.parameters(), 1e-4)
    client = mouse.Client(url, run="benchmark") if url else None
    pushing = 0.0
    start, worked = time.perf_counter(), time.thread_time()
    for step in range(steps):
        print(step, flush=True)
        step_stream = sampled(generator)
        state: Tensor = step_stream["obs_continuous"]
        with torch.no_grad():
            q_target: Tensor = target(state)
        out = TensorDict({"dqn": online(state), "dqn_target": q_target}, batch_size=[ROWS, STEPS])
        loss, metrics = dqn_loss(step_stream, out, CFG)
        if client:
            before = time.perf_counter()
            client.push(step_stream, out, step=step, configs={"dqn": CFG}, metrics=metrics)
            pushing += time.perf_counter() - before
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds, worked = time.perf_counter() - start, time.thread_time() - worked
    if client:
        client.close(120)
    ended = time.perf_counter() - start - seconds
    told = {"sent": client.stats.sent, "bytes": client.stats.bytes} if client else {}
    return {"seconds": seconds, "worked": worked, "pushing": pushing, "ended": ended, **told}


def run(steps: int, dashboard: Service | None) -> dict[str, Any]:
    """Train in a process of its own; the dashboard is killed twice on the way, and started again at once."""
    command = [sys.executable, "-m", "benchmarks.client", "--train", str(steps)]
    command += ["--url", dashboard.base] if dashboard else []
    deaths = {int(part * steps) for part in KILLED_AT} if dashboard else set[int]()
    line = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as training:  # noqa: S603  this very script
        assert training.stdout
        for line in training.stdout:
            if dashboard and line.strip().isdigit() and int(line) in deaths:
                dashboard.kill()
                dashboard.launch()
    return json.loads(line)


def listed(dashboard: Service) -> int:
    """How many snapshots the dashboard has of its latest run."""
    return httpx2.get(f"{dashboard.base}/api/runs", timeout=60).json()["runs"][0]["snapshots"]


def main() -> None:
    """Print the times of both, and whether everything that was acknowledged is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=6)
    parser.add_argument("--train", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.train:
        print(json.dumps(train(asked.train, asked.url)))
        return
    times: dict[str, list[float]] = {"alone": [], "pushing": [], "alone, processor": [], "pushing, processor": []}
    print("     alone (processor)     pushing (processor)  in push()  after the end  sent  listed  MB each")
    for _ in range(asked.repeat):
        without = run(asked.steps, None)
        with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as dashboard:
            told = run(asked.steps, dashboard)
            found = listed(dashboard)
        for name, each in (("alone", without), ("pushing", told)):
            times[name].append(each["seconds"])
            times[f"{name}, processor"].append(each["worked"])
        print(
            f"{without['seconds']:>8.2f} s {without['worked']:>9.2f} s {told['seconds']:>9.2f} s"
            f" {told['worked']:>9.2f} s {told['pushing']:>8.3f} s {told['ended']:>12.1f} s {told['sent']:>5}"
            f" {found:>7} {told['bytes'] / told['sent'] / 1e6:>8.2f}",
            flush=True,
        )
        assert found == told["sent"]
    for kind in ("", ", processor"):
        ratio = statistics.median(times[f"pushing{kind}"]) / statistics.median(times[f"alone{kind}"])
        alone = times[f"alone{kind}"]
        spread = f"{min(alone) / statistics.median(alone):.2f} to {max(alone) / statistics.median(alone):.2f}"
        print(f"median{kind or ', wall'}: {ratio:.3f} of the time without a client, which itself varies by {spread}")


if __name__ == "__main__":
    main()
