"""Demands on values: tested where the data lives, read on the host in the same transfer as the metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import cast

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.discount import TRUNCATED


@dataclass(frozen=True)
class Demand:
    """Something a loss requires of the values. Testing it costs no host sync; naming the culprit happens only then."""

    broken: Tensor
    """A boolean scalar."""
    error: Callable[[], BatchError]
    """Builds the error that names the first place; called only when broken."""


def read_back(metrics: Mapping[str, Tensor], demands: Sequence[Demand]) -> dict[str, float]:
    """Bring all metrics to the host in one transfer, and raise the first broken demand.

    Raises:
        BatchError: a demand is broken.
    """
    scalars = [*metrics.values(), *(demand.broken for demand in demands)]
    widest = reduce(torch.promote_types, (scalar.dtype for scalar in scalars), torch.float32)
    with torch.no_grad():
        values = cast("list[float]", torch.stack([scalar.to(widest) for scalar in scalars]).tolist())
    for demand, broken in zip(demands, values[len(metrics) :], strict=True):
        if broken:
            raise demand.error()
    return dict(zip(metrics, values, strict=False))


def first_place(mask: Tensor) -> tuple[int, ...]:
    """Index of the first true entry in row-major order."""
    return tuple(cast("list[int]", mask.nonzero()[0].tolist()))


def actions_in_range(action: Tensor, n_actions: int) -> Demand:
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

    return Demand((low < 0) | (high >= n_actions), error)


def done_codes_known(done: Tensor) -> Demand:
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

    return Demand((low < 0) | (high > TRUNCATED), error)


def discounts_in_range(gamma_n: Tensor | None) -> tuple[Demand, ...]:
    """No stored discount lets values grow; ``gamma_n`` starts at step 1 because row 0 is never read."""
    if gamma_n is None:
        return ()
    outside = (gamma_n < 0) | (gamma_n > 1)

    def error() -> BatchError:
        row, time = first_place(outside)
        return BatchError(
            f"step_stream.gamma_n[{row}, {time + 1}]",
            f"{float(gamma_n[row, time]):g}",
            "0 to 1, the discount over the steps of the transition",
            "store gamma ** n there, or leave it out",
        )

    return (Demand(outside.any(), error),)


def optimal_values_usable(q_star: Tensor) -> Demand:
    """``q_star`` is finite or ``-inf``, which marks an invalid action."""

    def error() -> BatchError:
        row, step, action = first_place(q_star.isnan() | q_star.isposinf())
        return BatchError(
            f"step_stream.q_star[{row}, {step}, {action}]",
            str(float(q_star[row, step, action])),
            "a finite value, or -inf for an invalid action",
            "repair the values there or mark the action invalid with -inf",
        )

    return Demand(~(q_star.amax() < torch.inf), error)  # the maximum is NaN where any value is


def some_action_valid(q_star: Tensor) -> Demand:
    """At least one entry of ``q_star`` is valid, so that a mean exists."""

    def error() -> BatchError:
        return BatchError(
            "step_stream.q_star",
            "-inf in every entry",
            "at least one valid action in the batch",
            "leave the loss out of this batch or provide q_star",
        )

    return Demand(q_star.amax() == -torch.inf, error)
