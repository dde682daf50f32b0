"""The entries that one of torch's own losses averages or sums, such as ``F.mse_loss(value, target)``."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

TOLERANCE = 1e-4
"""Part of the sum of absolute entries up to which their sum may miss the result, from rounding alone."""
OUTDATED = ("size_average", "reduce")
"""Parameters that said in older releases what `reduction` says."""


@dataclass(frozen=True)
class Entries:
    """What the loss is of each entry: its result is their sum times a factor."""

    tensor: Tensor
    """The loss with ``reduction="none"``, without gradient."""
    factor: float
    operation: str

    @property
    def is_mean(self) -> bool:
        """Whether all entries count alike."""
        return self.factor * self.tensor.numel() == 1

    def text(self, call: str) -> str:
        """The expression that computes them, out of the one that calls the loss."""
        try:
            node = ast.parse(call.strip(), mode="eval").body
        except SyntaxError:  # a statement
            node = None
        shown = ["..."]
        if isinstance(node, ast.Call):
            named = {each.arg: ast.unparse(each.value) for each in node.keywords}
            named = {name: value for name, value in named.items() if name not in ("reduction", *OUTDATED)}
            shown = [*map(ast.unparse, node.args), *(f"{n}={v}" if n else f"**{v}" for n, v in named.items())]
        return f"F.{self.operation}({', '.join(shown)}, reduction='none')"


def entries_of(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Entries | None:
    """The entries of a call of ``torch.nn.functional`` that reduces them; None of every other call."""
    signature = _signature(func)
    if signature is None or not isinstance(result, Tensor) or result.dim():
        return None
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    arguments = bound.arguments
    reduction = arguments["reduction"]
    if reduction == "none" or any(arguments.get(name) is not None for name in OUTDATED):
        return None
    arguments["reduction"] = "none"
    with torch.no_grad():
        tensor = func(*bound.args, **bound.kwargs)
        total, size = float(tensor.double().sum()), float(tensor.double().abs().sum())
        for divisor in (1.0,) if reduction == "sum" else _divisors(arguments, tensor):
            if divisor and not abs(total / divisor - float(result)) > TOLERANCE * size / divisor:
                return Entries(tensor, 1 / divisor, func.__name__)
    return None  # some divide each entry by a size of its own


@cache
def _signature(func: Callable[..., Any]) -> inspect.Signature | None:
    if getattr(func, "__module__", None) != "torch.nn.functional":
        return None
    found = inspect.signature(func)
    return found if "reduction" in found.parameters else None


def _divisors(arguments: Mapping[str, Any], entries: Tensor) -> Iterator[float]:
    """What a mean may divide by: the number of entries, of those that are not ignored, of rows, or the weights' sum."""
    yield entries.numel()
    target, weight = arguments.get("target"), arguments.get("weight")
    if "ignore_index" in arguments and isinstance(target, Tensor) and not target.is_floating_point():
        counts = target != arguments["ignore_index"]
        weights = counts if weight is None else weight[target.masked_fill(~counts, 0)] * counts
        yield float(weights.double().sum())
    elif isinstance(weight, Tensor):
        yield float(weight.double().expand_as(entries).sum()) if weight.dim() <= entries.dim() else 0
    yield len(entries) if entries.dim() else 0  # "batchmean"
