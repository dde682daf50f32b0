"""A demo training run to watch: the demo's learner, step by step."""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import torch

from mouse.client import Client
from mouse.demo.learner import Learner
from mouse.demo.train import CONFIGS, Update
from mouse.losses import LOSSES

RUN = "frozenlake"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the learner and print the success rate of each head."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)  # steps this small gain nothing from a second thread
    learner = Learner(options.seed)
    print(f"FrozenLake 4x4, slippery: the optimal policy reaches the goal in {learner.optimal:.1%} of episodes")  # noqa: T201  it is a program
    token = os.environ.get("MOUSE_TOKEN")
    with Client(options.push, token, options.run) if options.push else nullcontext() as client:
        for count, update in enumerate(learner.updates(options.updates), start=1):
            if count % options.every == 0 or count in {1, options.updates}:
                success = learner.success()
                print(_told(count, options.updates, update, success), flush=True)  # noqa: T201
                if client is not None:
                    _push(client, count, update, success)


def _push(client: Client, count: int, update: Update, success: Mapping[str, float]) -> None:
    """Push the minimised batch and its metrics."""
    step_stream, out, loss = update
    metrics = loss.metrics | {f"{name}_success": rate for name, rate in success.items()}
    client.push(step_stream, out, step=count, configs=CONFIGS, metrics=metrics)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--updates", type=int, default=2500, help="optimiser steps")
    parser.add_argument("--every", type=int, default=50, help="updates from one report to the next")
    parser.add_argument("--push", metavar="URL", help="dashboard to watch it on; its token is read from MOUSE_TOKEN")
    parser.add_argument("--run", default=RUN, help="name of the run there")
    parser.add_argument("--seed", type=int, default=0, help="decides data, weights and order")
    return parser


def _told(count: int, of: int, update: Update, success: Mapping[str, float]) -> str:
    rates = ", ".join(f"{LOSSES[name].title} {rate:.1%}" for name, rate in success.items())
    return f"update {count:{len(str(of))}} of {of}  loss {update.loss.metrics['combined_loss']:.4f}  goal: {rates}"
