"""All groupings of a batch: classes of transitions, derived from its fields.

The transition out of step t has its action, reward and end in row t + 1. Out of a sequence's last row leads none: a
loss on steps reads that row too, and it is a class of its own. In sequences of one step each row is an item of its own,
as a sample of a replay buffer is: its class is what stands in the row, and it has no place in an episode.
"""

from collections.abc import Callable, Mapping
from typing import cast

import torch
from tensordict import TensorDictBase
from torch import Tensor

from mouse_dashboard.compute.batch import MAX_ACTIONS
from mouse_dashboard.compute.slices.grouping import Grouping

TIMES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""First step in the episode of each class."""
LAST_ROW = "last row"


def groupings(step_stream: TensorDictBase) -> dict[str, Grouping]:
    """Groupings by name, for each field that the batch has in a usable shape and type."""
    made = {name: make(step_stream) for name, make in _MAKERS.items()}
    return {name: grouping for name, grouping in made.items() if grouping is not None}


def _done(step_stream: TensorDictBase) -> Grouping | None:
    done = _field(step_stream, "done", integers=True)
    if done is None:
        return None
    known = (done >= 0) & (done <= 2)
    labels = ("running", "terminal", "truncated", "unknown code")
    return _by_step("done", labels, done.where(known, 3))


def _action(step_stream: TensorDictBase) -> Grouping | None:
    action = _field(step_stream, "action", integers=True)
    if action is None:
        return None
    many = min(int(action.max()) + 1, MAX_ACTIONS) if action.numel() else 0
    known = (action >= 0) & (action < many)
    labels = (*(f"action {number}" for number in range(many)), "no such action")
    return _by_step("action", labels, action.where(known, many))


def _reward(step_stream: TensorDictBase) -> Grouping | None:
    reward = _field(step_stream, "reward", integers=False)
    if reward is None:
        return None
    sign = (reward == 0).to(torch.int16) + 2 * (reward > 0).to(torch.int16) + 3 * reward.isnan().to(torch.int16)
    labels = ("reward < 0", "reward = 0", "reward > 0", "reward NaN")
    return _by_step("reward", labels, sign)


def _time(step_stream: TensorDictBase) -> Grouping | None:
    time = _field(step_stream, "time", integers=True)
    if step_stream.batch_size[1] == 1:
        return None
    if time is None:
        done = _field(step_stream, "done", integers=True)
        if done is None:
            return None
        time = since_reset(done)
    starts = torch.tensor(TIMES)
    index = torch.bucketize(time, starts, right=True)  # 0: before the first, a time that is unknown
    ends = (*(start - 1 for start in TIMES[1:]), None)
    labels = ("time unknown", *(_span(start, end) for start, end in zip(TIMES, ends, strict=True)))
    return Grouping("time", labels, index.to(torch.int16))


def since_reset(done: Tensor) -> Tensor:
    """Steps since the row after an episode's end; -1 before the first end, where the episode's start is unknown."""
    step = torch.arange(done.shape[1])
    ended = torch.zeros_like(done, dtype=torch.bool)
    ended[:, 1:] = done[:, :-1] != 0
    first = torch.where(ended, step, -1).cummax(dim=1).values
    return torch.where(first < 0, -1, step - first)


def _span(start: int, end: int | None) -> str:
    if end is None:
        return f"time {start:,} on"
    return f"time {start}" if start == end else f"time {start} to {end}"


def _field(step_stream: TensorDictBase, name: str, *, integers: bool) -> Tensor | None:
    field = cast("Tensor | None", step_stream.get(name, None))
    if field is None or field.shape != step_stream.batch_size:
        return None
    if not integers:  # torch does not compare unsigned types
        return field if field.is_floating_point() else field.double()
    return None if field.is_floating_point() or field.is_complex() else field.long()  # as losses read them


def _by_step(name: str, labels: tuple[str, ...], classes: Tensor) -> Grouping:
    """Classify steps by the row that they lead to, and items by their own row."""
    if classes.shape[1] == 1:
        return Grouping(name, labels, classes.to(torch.int16))
    index = torch.full(classes.shape, len(labels), dtype=torch.int16)
    index[:, :-1] = classes[:, 1:]
    return Grouping(name, (*labels, LAST_ROW), index)


_MAKERS: Mapping[str, Callable[[TensorDictBase], Grouping | None]] = {
    "done": _done,
    "action": _action,
    "reward": _reward,
    "time": _time,
}
