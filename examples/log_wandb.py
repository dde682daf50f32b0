"""The metrics of every loss in Weights & Biases as they are, with the doctor's report and a figure of the dashboard.

python examples/log_wandb.py --offline
wandb sync wandb/offline-run-*
"""

import argparse
from typing import Any

import wandb

import mouse
from mouse.demo.learner import Learner
from mouse.demo.train import CONFIGS
from mouse_dashboard import figure_of


def train_and_log(run: Any, updates: int, every: int) -> None:
    """Log the metrics of each update, and at every so many of them a report and a figure of the batch."""
    for step, (step_stream, out, loss) in enumerate(Learner().updates(updates)):
        logged: dict[str, Any] = dict(loss.metrics)
        if step % every == 0:
            report = mouse.doctor(step_stream, out, CONFIGS)
            logged["doctor/findings"] = len(report)
            logged["doctor/report"] = wandb.Html(report.to_html(), inject=False)
            logged["dqn/td_error"] = figure_of(step_stream, out, CONFIGS, "td_error_by_end", loss="dqn")
            run.summary["doctor"] = report.to_dict()
        run.log(logged, step=step)


def main() -> None:
    """Train for a while."""
    parser = argparse.ArgumentParser(description="Log a training run to Weights & Biases.")
    parser.add_argument("--project", default="mouse")
    parser.add_argument("--offline", action="store_true", help="write to ./wandb and send nothing")
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--every", type=int, default=100, help="updates from one report of the doctor to the next")
    options = parser.parse_args()
    with wandb.init(project=options.project, mode="offline" if options.offline else None) as run:
        train_and_log(run, options.updates, options.every)


if __name__ == "__main__":
    main()
