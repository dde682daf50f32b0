"""Checks of values: computed where the data lives, read on the host in the same transfer as the metrics."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.discount import TRUNCATED


@dataclass(frozen=True)
class ValueCheck:
    """Something a loss requires of the values, told by a few numbers that need no host sync."""

    numbers: Sequence[Tensor]
    """Scalars on the device of the values."""
    holds: Callable[..., bool]
    """Whether the numbers are as required."""
    error: Callable[[], BatchError]
    """Builds the error that names the first place; called only where it does not hold."""

    @property
    def failed(self) -> bool:
        """Whether the values are not as required: a host sync."""
        return not self.holds(*(number.item() for number in self.numbers))


def sync_metrics(metrics: Mapping[str, Tensor], checks: Sequence[ValueCheck]) -> dict[str, float]:
    """Bring all metrics to the host in one transfer, and raise the error of the first failed check.

    Raises:
        BatchError: a check failed.
    """
    numbers = iter(_on_host([*metrics.values(), *(number for check in checks for number in check.numbers)]))
    values = {name: next(numbers) for name in metrics}
    for check in checks:
        if not check.holds(*(next(numbers) for _ in check.numbers)):
            raise check.error()
    return values


def _on_host(scalars: Sequence[Tensor]) -> list[float]:
    """Read them one by one where no transfer is needed: to join them takes ten times as long."""
    if all(scalar.is_cpu for scalar in scalars) and not torch.compiler.is_compiling():
        return [scalar.item() for scalar in scalars]
    widest = reduce(torch.promote_types, (scalar.dtype for scalar in scalars), torch.float32)
    with torch.no_grad():
        return cast("list[float]", torch.stack([scalar.to(widest) for scalar in scalars]).tolist())


def first_place(mask: Tensor) -> tuple[int, ...]:
    """Index of the first true entry in row-major order."""
    return tuple(cast("list[int]", mask.nonzero()[0].tolist()))


def actions_in_range(action: Tensor, n_actions: int) -> ValueCheck:
    """Every action that a loss reads is one of the head's; ``action`` starts at step 1 because row 0 is never read."""
    low, high = action.aminmax()

    def error() -> BatchError:
        row, time = first_place((action < 0) | (action >= n_actions))
        return BatchError(
            f"step_stream.action[{row}, {time + 1}]",
            str(int(action[row, time])),
            f"0 to {n_actions - 1}, the actions of the head",
            "check padding and the size of the head's output",
        )

    return ValueCheck((low, high), _in_range(n_actions - 1), error)


def done_codes_known(done: Tensor) -> ValueCheck:
    """Every done code that a loss reads has a meaning; ``done`` starts at step 1 because row 0 is never read."""
    low, high = done.aminmax()

    def error() -> BatchError:
        row, time = first_place((done < 0) | (done > TRUNCATED))
        return BatchError(
            f"step_stream.done[{row}, {time + 1}]",
            str(int(done[row, time])),
            "0 running, 1 terminal or 2 truncated",
            "map the codes of your environment to these",
        )

    return ValueCheck((low, high), _in_range(TRUNCATED), error)


def _in_range(last: int) -> Callable[[float, float], bool]:
    """Whether the smallest and the largest number lie between 0 and the last one."""

    def holds(low: float, high: float) -> bool:
        return low >= 0 and high <= last

    return holds


def discounts_in_range(gamma_n: Tensor | None) -> tuple[ValueCheck, ...]:
    """No stored discount lets values grow; ``gamma_n`` starts at step 1 because row 0 is never read."""
    if gamma_n is None:
        return ()
    outside = (gamma_n < 0) | (gamma_n > 1)
    expected = "0 to 1, the discount over the steps of the transition"
    return (none_outside("gamma_n", gamma_n, outside, expected, "store gamma ** n there, or leave it out"),)


def none_outside(name: str, values: Tensor, outside: Tensor, expected: str, fix: str) -> ValueCheck:
    """No number of a transition is outside its range; ``values`` start at step 1 because row 0 is never read."""

    def error() -> BatchError:
        row, time = first_place(outside)
        return BatchError(f"step_stream.{name}[{row}, {time + 1}]", f"{float(values[row, time]):g}", expected, fix)

    return ValueCheck((outside.any(),), operator.not_, error)


def optimal_values_usable(q_star: Tensor) -> tuple[ValueCheck, ValueCheck]:
    """``q_star`` is finite, or ``-inf`` for an invalid action; and some entry is finite, so that a mean exists.

    One maximum tells both: it is NaN where any value is.
    """
    highest = (q_star.amax(),)

    def below_infinity(highest: float) -> bool:
        return highest < math.inf

    def above_minus_infinity(highest: float) -> bool:
        return highest > -math.inf

    def wrong_value() -> BatchError:
        row, step, action = first_place(q_star.isnan() | q_star.isposinf())
        return BatchError(
            f"step_stream.q_star[{row}, {step}, {action}]",
            str(float(q_star[row, step, action])),
            "a finite value, or -inf for an invalid action",
            "repair the values there or mark the action invalid with -inf",
        )

    def nothing_valid() -> BatchError:
        return BatchError(
            "step_stream.q_star",
            "-inf in every entry",
            "at least one valid action in the batch",
            "leave the loss out of this batch or provide q_star",
        )

    return (
        ValueCheck(highest, below_infinity, wrong_value),
        ValueCheck(highest, above_minus_infinity, nothing_valid),
    )
