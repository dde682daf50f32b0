"""`mouse.with_outputs`: run a model over the windows of a batch, to add the outputs that a recording lacks."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from tensordict import TensorDict, TensorDictBase
from torch import Tensor, nn

from mouse.errors import BatchError
from mouse.losses import HEADS
from mouse.losses.fields import OUT, check_head, names
from mouse.tracing.explained import Fields
from mouse.tracing.stored import to_stored
from mouse.wording import listed

Batch = tuple[TensorDict, TensorDict]
"""`step_stream` and `out`."""
Model = Callable[[TensorDict], Any]
"""Takes windows [b, S] of `step_stream` and returns its heads by name."""
Progress = Callable[[int, int], None]
"""Is told how many windows are done, and how many there are."""


def with_outputs(batch: Fields, model: Model, *, batch_size: int = 64, progress: Progress | None = None) -> Batch:
    """Run a model over a batch, some windows at a time: without gradient, a module in its evaluation mode.

    The model sees copies, on the device of its parameters. A module's training mode is restored afterwards.

    Shapes: ``batch`` [B, S], or [N], which become [N, 1]; what the model returns [b, S, ...] of b windows.

    Args:
        batch: the steps: a TensorDict, or tensors and arrays by name.
        model: takes a TensorDict [b, S] and returns a TensorDict, or a dict of tensors, such as ``{"dqn": q}``.
        batch_size: windows of one call.
        progress: called with the windows done and all of them after each call.

    Returns:
        `step_stream` and `out`, as `mouse.batch.save_batch` takes them.

    Raises:
        BatchError: (a ValueError) the model returns something else, or fields that do not fit the windows.

    Example:
        >>> step_stream, out = mouse.with_outputs(step_stream, lambda steps: {"dqn": network(steps["observation"])})
    """
    if batch_size < 1:
        raise BatchError("batch_size", str(batch_size), "1 or more", "leave it out")
    step_stream, _ = to_stored(batch, None)
    rows = step_stream.batch_size[0]
    parts: list[dict[str, Tensor]] = []
    with torch.no_grad(), _evaluating(model):
        for start in range(0, rows, batch_size):
            windows = cast("TensorDict", step_stream[start : start + batch_size])
            parts.append(_heads(model, windows))
            _check_same(parts[0], parts[-1], start)
            if progress is not None:
                progress(min(start + batch_size, rows), rows)
    out = {name: torch.cat([part[name] for part in parts]) for name in (parts[0] if parts else {})}
    return TensorDict(dict(step_stream.items()), step_stream.batch_size), TensorDict(out, step_stream.batch_size)


@contextmanager
def _evaluating(model: Model) -> Generator[None]:
    """Each module in its evaluation mode, and afterwards in the mode that it was in: parts of one may differ."""
    modes = {module: module.training for module in model.modules()} if isinstance(model, nn.Module) else {}
    try:
        for module in modes:
            module.training = False
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _heads(model: Model, windows: TensorDict) -> dict[str, Tensor]:
    """What the model puts out of some windows, where the windows are. It may write into what it gets."""
    seen = windows.clone() if (device := _device(model)) is None else windows.clone().to(device)
    inputs = {id(value) for value in seen.values()}
    returned = model(seen)
    if not isinstance(returned, TensorDictBase | Mapping):
        found, expected = f"a {type(returned).__name__}", "a TensorDict or a dict of tensors by the heads' names"
        raise BatchError(OUT, found, expected, 'return such as {"dqn": q}')
    fields = cast("Mapping[str, object]", returned)
    # a TensorDictModule returns the TensorDict that it got, with its output added
    heads = {str(name): value for name, value in fields.items() if id(value) not in inputs}
    if not heads:
        raise BatchError(OUT, "no field", "the model's heads", 'return such as {"dqn": q}')
    home = next(iter(windows.values())).device
    return {name: _checked(name, value, windows).detach().to(home) for name, value in heads.items()}


def _device(model: Model) -> torch.device | None:
    """Where a module computes; None where it does not say."""
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return None if parameter is None else parameter.device


def _checked(name: str, value: object, windows: TensorDict) -> Tensor:
    field, (rows, steps) = f"{OUT}.{name}", windows.batch_size
    if not isinstance(value, Tensor):
        raise BatchError(field, f"a {type(value).__name__}", "a tensor", "return tensors by name")
    if name in names(windows):
        raise BatchError(field, "a name of step_stream", "another", "rename it, or return the heads alone")
    if value.shape[:2] != (rows, steps):
        raise BatchError(
            field,
            f"shape {list(value.shape)}",
            f"[{rows}, {steps}, ...]: an entry per window and step",
            f"keep the first two dimensions, or bring them back with .unflatten(0, ({rows}, {steps}))",
        )
    if name in HEADS:
        check_head(value, field, windows.batch_size, ", ".join(HEADS[name]))
    return value


def _check_same(first: Mapping[str, Tensor], later: Mapping[str, Tensor], start: int) -> None:
    """Every call must return the same fields, or they cannot be put one after the other."""
    if first.keys() != later.keys():
        found = f"{listed(later, 'none')} from window {start} on"
        raise BatchError(OUT, found, f"{listed(first, 'none')} as before", "return the same fields of every batch")
    for name, value in later.items():
        if value.shape[1:] != first[name].shape[1:] or value.dtype != first[name].dtype:
            found = f"{value.dtype} {list(value.shape[1:])} from window {start} on"
            expected = f"{first[name].dtype} {list(first[name].shape[1:])} as before"
            raise BatchError(f"{OUT}.{name}", found, expected, "return one type and shape for all windows")
