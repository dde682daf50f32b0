"""The metrics of every loss in TensorBoard as they are, and beside them what the doctor says.

    python examples/log_tensorboard.py --logdir runs
    tensorboard --logdir runs

TensorBoard draws no Plotly: for the figures of a step open the dashboard, or see `log_wandb.py`.
"""

import argparse
import json
from pathlib import Path
from textwrap import indent

from torch.utils.tensorboard.writer import SummaryWriter

import mouse
from mouse.demo.learner import Learner
from mouse.demo.train import CONFIGS


def train_and_log(logdir: Path, updates: int, every: int) -> None:
    """Log the metrics of each update, and at every so many of them what the doctor found."""
    with SummaryWriter(str(logdir)) as writer:
        for step, (step_stream, out, loss) in enumerate(Learner().updates(updates)):
            for name, value in loss.metrics.items():
                writer.add_scalar(name, value, step)
            if step % every == 0:
                report = mouse.doctor(step_stream, out, CONFIGS)
                writer.add_scalar("doctor/findings", len(report), step)
                writer.add_text("doctor/report", indent(str(report), "    "), step)  # Markdown: as it stands
                writer.add_text("doctor/json", json.dumps(report.to_dict()), step)


def main() -> None:
    """Train for a while."""
    parser = argparse.ArgumentParser(description="Log a training run to TensorBoard.")
    parser.add_argument("--logdir", type=Path, default=Path("runs"))
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--every", type=int, default=100, help="updates from one report of the doctor to the next")
    options = parser.parse_args()
    train_and_log(options.logdir, options.updates, options.every)


if __name__ == "__main__":
    main()
