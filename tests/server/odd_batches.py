"""Batches that something is odd about."""

import math
from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.losses import LOSSES
from mouse.losses.loss import AnyLoss
from mouse_dashboard.compute.batch import Batch
from tests.server.batches import random_batch

SHAPES = [(1, 1, 1, 2), (3, 1, 2, 2), (1, 2, 2, 2), (2, 3, 1, 2), (2, 3, 1, 4), (3, 600, 18, 8)]
"""B, S, A, D."""
HEADS = tuple(head for loss in LOSSES.values() for head in loss.heads)
FLOATS = ("reward", "xformed_reward", "q_star", *HEADS)
CODES = [("done", 3), ("done", -1), ("action", 3), ("action", -1), ("action", 1 << 40)]
Fields = dict[str, Tensor]


class Odd(NamedTuple):
    """A batch and which fields of it are odd."""

    batch: Batch
    fields: Collection[str]

    @property
    def losses(self) -> list[str]:
        """Those that read one of the fields."""
        return [name for name, loss in LOSSES.items() if not {*self.fields}.isdisjoint(read_by(loss))]


def odd_batches() -> Iterator[Odd]:
    """Each with what is odd about it as its id."""
    for shape in SHAPES:
        yield Odd(of_shape(*shape), FLOATS)
    for field in FLOATS:
        for number in (math.nan, math.inf, -math.inf):
            yield Odd(with_entry(field, number), [field])
        yield Odd(without(field), [field])
    for width in (torch.float64, torch.float16, torch.bfloat16):
        yield Odd(of_type(width), HEADS)
    for field, number in CODES:
        yield Odd(with_entry(field, number), [field])
    yield Odd(invalid_steps(), ["q_star"])
    yield Odd(zeros(), FLOATS)


def read_by(loss: AnyLoss) -> set[str]:
    """Fields of a loss, the reward in either form."""
    either = {"reward", "xformed_reward"}
    return {*loss.heads, *loss.step_fields, *(either if "reward" in loss.step_fields else ())}


def of_shape(*shape: int) -> Batch:
    return made("x".join(map(str, shape)), *fields(*shape))


def without_heads() -> Iterator[Batch]:
    """Every combination of missing heads."""
    for count in range(2, len(HEADS) + 1):
        for heads in combinations(HEADS, count):
            yield without(*heads)


def fields(*shape: int) -> tuple[Fields, Fields]:
    """Fields of `step_stream` and `out` that nothing is odd about."""
    batch: Any = random_batch(*shape)
    step_stream: Fields = dict(batch.step_stream.items())
    return step_stream | {"xformed_reward": -2 * step_stream["reward"]}, dict(batch.out.items())


def made(name: str, step_stream: Fields, out: Fields) -> Batch:
    shape = next(iter(step_stream.values())).shape[:2]
    return Batch(name, TensorDict(step_stream, batch_size=shape), TensorDict(out, batch_size=shape))


def with_entry(field: str, number: float) -> Batch:
    """One entry is that number."""
    step_stream, out = fields()
    (step_stream | out)[field].view(4, 7, -1)[1, 3, 0] = number
    return made(f"{number} in {field}", step_stream, out)


def of_type(width: torch.dtype) -> Batch:
    """Heads of that type."""
    step_stream, out = fields()
    return made(f"heads of {width}", step_stream, {name: value.to(width) for name, value in out.items()})


def without(*names: str) -> Batch:
    step_stream, out = ({name: value for name, value in group.items() if name not in names} for group in fields())
    return made(f"without {', '.join(names)}", step_stream, out)


def invalid_steps() -> Batch:
    """No action of two steps is valid."""
    step_stream, out = fields()
    step_stream["q_star"][1, 2:4] = -torch.inf
    return made("no valid action in two steps", step_stream, out)


def zeros() -> Batch:
    step_stream, out = ({name: torch.zeros_like(value) for name, value in group.items()} for group in fields())
    return made("zeros", step_stream, out)
