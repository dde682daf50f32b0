"""Fix the random numbers of a call, and restore the caller's generators."""

import random
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

SEED = 0
"""Of every call: a function that draws random numbers draws the same ones each time."""


@dataclass
class Draws:
    """Whether random numbers were drawn."""

    any: bool = False


@contextmanager
def fixed_seed() -> Generator[Draws]:
    """Seed the global generators of torch, Python and numpy, and restore their states after that.

    Generator objects that belong to the function's module, as of ``numpy.random.default_rng()``, go on as they would.
    """
    numpy: Any = sys.modules["numpy"]  # imported by tensordict, which depends on it

    def states() -> list[Any]:
        return [torch.get_rng_state(), random.getstate(), numpy.random.get_state()]

    draws = Draws()
    before = states()
    torch.default_generator.manual_seed(SEED)
    random.seed(SEED)
    numpy.random.seed(SEED)
    start = states()
    try:
        yield draws
    finally:
        end = states()
        of_numpy = [_comparable(state[2]) for state in (start, end)]
        draws.any = not torch.equal(start[0], end[0]) or start[1] != end[1] or of_numpy[0] != of_numpy[1]
        torch.set_rng_state(before[0])
        random.setstate(before[1])
        numpy.random.set_state(before[2])


def _comparable(state: tuple[Any, ...]) -> tuple[Any, ...]:
    """A state of numpy's generator with its array as bytes."""
    name, key, *rest = state
    return (name, key.tobytes(), *rest)
