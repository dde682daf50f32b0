"""A training run to watch: the demo's learner, step by step."""

import argparse
from collections.abc import Mapping, Sequence

import torch

from mouse.demo.learner import Learner
from mouse.demo.train import Update
from mouse.losses import LOSSES


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the learner and tell how well each head acts."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)  # steps this small gain nothing from a second thread
    learner = Learner(options.seed)
    print(f"FrozenLake 4x4, slippery: the optimal policy reaches the goal in {learner.optimal:.1%} of episodes")  # noqa: T201  it is a program
    for count, update in enumerate(learner.updates(options.updates), start=1):
        if count % options.every == 0 or count == options.updates:
            print(_told(count, options.updates, update, learner.success()), flush=True)  # noqa: T201


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--updates", type=int, default=2500, help="optimiser steps")
    parser.add_argument("--every", type=int, default=50, help="updates from one report to the next")
    parser.add_argument("--seed", type=int, default=0, help="decides data, weights and order")
    return parser


def _told(count: int, of: int, update: Update, success: Mapping[str, float]) -> str:
    rates = ", ".join(f"{LOSSES[name].title} {rate:.1%}" for name, rate in success.items())
    return f"update {count:{len(str(of))}} of {of}  loss {update.loss.metrics['combined_loss']:.4f}  goal: {rates}"
