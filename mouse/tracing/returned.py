"""Split the result of a loss function: the loss first and metrics beside it, or a dictionary of both."""

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor

from mouse.errors import BatchError

LOSS = "loss"
"""Key of the loss in a dictionary that is returned alone."""


def split_result(name: str, result: Any) -> tuple[Tensor, dict[str, float]]:
    """The loss and the scalars beside it.

    Raises:
        BatchError: (a ValueError) the first thing is no floating-point tensor.
    """
    if isinstance(result, Mapping) and LOSS in result:
        named = dict(cast("Mapping[Any, Any]", result))
        result = named.pop(LOSS), named
    parts = cast("tuple[Any, ...]", result if isinstance(result, tuple) and result else (result,))
    loss = parts[0]
    if not isinstance(loss, Tensor):
        raise no_loss(name, f"a {type(loss).__name__}")
    if not loss.is_floating_point():
        raise no_loss(name, f"a tensor of {loss.dtype}")
    metrics: dict[str, float] = {}
    for part in parts[1:]:
        for key, value in cast("Mapping[Any, Any]", part if isinstance(part, Mapping) else {}).items():
            number = _number(value)
            if number is not None:
                metrics[str(key)] = number
    return loss, metrics


def no_loss(name: str, found: str) -> BatchError:
    """The error of a function that returns something else."""
    return BatchError(
        name, f"{found} returned", "a floating-point scalar, or one value per place of the batch",
        f"return the loss first, metrics may follow in a dictionary; or one dictionary with the loss as {LOSS!r}",
    )  # fmt: skip


def _number(value: Any) -> float | None:
    if isinstance(value, Tensor):
        return float(value.detach()) if value.numel() == 1 and not value.is_complex() else None
    return float(value) if isinstance(value, bool | int | float) else None
