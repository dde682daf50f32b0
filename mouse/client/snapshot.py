"""Copy a snapshot at once: training continues and overwrites its tensors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.batch import RECORDED, aligned_shape
from mouse.errors import BatchError
from mouse.losses.combined import losses_of
from mouse.losses.config import LossConfig
from mouse.losses.fields import OUT, STEP_STREAM, names, read
from mouse.non_finite import spell
from mouse.tracing.signature import signature_of


@dataclass(frozen=True)
class Snapshot:
    """A batch at a step of training."""

    batch: tuple[TensorDict, TensorDict]
    """`step_stream` and `out`."""
    loss: str | None
    """The field that was recorded as the loss."""
    fields: dict[str, Any]
    """What goes along as JSON: step, configs, metrics, sequences."""
    nbytes: int
    """What the copies take in memory."""
    waits: tuple[Callable[[], None], ...]
    """Each returns once the values of a device are here; before that there is nothing to read."""


def take_snapshot(  # noqa: PLR0913  what a training loop knows at a step
    step_stream: TensorDictBase,
    out: TensorDictBase,
    *,
    step: int,
    configs: Mapping[str, LossConfig],
    losses: Sequence[Callable[..., Any]] = (),
    loss: str | None = None,
    metrics: Mapping[str, float],
    max_sequences: int | None,
) -> Snapshot:
    """Copy a batch to the CPU, or evenly spaced sequences of it.

    A copy from a CUDA device is queued after the work that computes the values and before what training does to them
    next; nothing waits for it here.

    Raises:
        BatchError: (a ValueError) batch sizes differ, a field that is no tensor, a config of another loss, no sequence.
        MissingFieldError: (a KeyError) an unknown loss.
    """
    rows, steps = aligned_shape(step_stream, out)
    if max_sequences is not None and max_sequences < 1:
        raise BatchError("max_sequences", str(max_sequences), "1 or more", "leave it out to send every sequence")
    count = min(rows, max_sequences or rows)
    sources = [
        {name: read(source, name, where, "a tensor") for name in names(source)}
        for source, where in ((step_stream, STEP_STREAM), (out, OUT))
    ]
    copies = [{name: _copy(value, count) for name, value in source.items()} for source in sources]
    devices = {value.device for source in sources for value in source.values() if value.is_cuda}
    fields = {
        "step": int(step),
        "configs": {name: asdict(configs[name]) for name in losses_of(configs)}
        | {signature_of(each).name: {} for each in losses}
        | ({} if loss is None else {RECORDED: {}}),
        "metrics": {name: spell(float(value)) for name, value in metrics.items()},
        "sequences": None if count == rows else {"kept": count, "of": rows},
    }
    return Snapshot(
        (TensorDict(copies[0], batch_size=[count, steps]), TensorDict(copies[1], batch_size=[count, steps])),
        loss,
        fields,
        sum(value.nbytes for source in copies for value in source.values()),
        tuple(_mark(device) for device in devices),
    )


def _copy(value: Tensor, count: int) -> Tensor:
    """The first of each of `count` equal parts of the rows, on the CPU; pinned memory where it comes from CUDA."""
    value = value.detach()
    rows = len(value)
    if count < rows:
        value = value[torch.arange(count, device=value.device) * rows // count]
    return value.to("cpu", non_blocking=value.is_cuda, copy=count == rows)


def _mark(device: torch.device) -> Callable[[], None]:
    """Record an event after all copies of a device, and return a function that waits for it."""
    event = torch.cuda.Event()
    event.record(torch.cuda.current_stream(device))
    return event.synchronize
