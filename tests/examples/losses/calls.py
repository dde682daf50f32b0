"""Random fields for the example losses, and what is asked of each of them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mouse.batch import load_batch
from tests.project.commands import ROOT

Fields = dict[str, Any]
"""Tensors by name, to be passed on with ``**`` beside parameters of other types."""
Loss = Callable[..., tuple[Tensor, dict[str, Tensor]]]
BATCHES = ROOT / "examples" / "losses" / "batches"


def normal(seed: int) -> Callable[..., Tensor]:
    """Draw float64 numbers of a shape."""
    return partial(torch.randn, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def integers(seed: int) -> Callable[..., Tensor]:
    """Draw whole numbers below a limit, of a shape."""
    return partial(torch.randint, generator=torch.Generator().manual_seed(seed))


def lists(fields: Fields) -> dict[str, Any]:
    """Fields as lists of Python numbers, for plain loops."""
    return {name: value.tolist() for name, value in fields.items()}


def real(stem: str, *unread: str) -> Fields:
    """Fields of a saved batch in float64, those that the loss does not read left out."""
    step_stream, out = load_batch(BATCHES / f"{stem}.safetensors")
    fields: Fields = {**step_stream.to_dict(), **out.to_dict()}
    return {
        name: value.double() if value.is_floating_point() else value
        for name, value in fields.items()
        if name not in unread
    }


def assert_close(found: Tensor, expected: float) -> None:
    """Equal but for rounding; a NaN is never equal."""
    torch.testing.assert_close(found.detach(), torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-9)


def agrees_with_finite_differences(loss: Loss, fields: Fields, *heads: str, **knobs: Any) -> bool:
    """Whether autograd's gradient of the heads is the slope of the loss."""

    def of_heads(*values: Tensor) -> Tensor:
        return loss(**{**fields, **dict(zip(heads, values, strict=True))}, **knobs)[0]

    return torch.autograd.gradcheck(of_heads, [fields[name].clone().requires_grad_() for name in heads])


def reached(loss: Loss, fields: Fields, **knobs: Any) -> set[str]:
    """Names of the fields that get a gradient other than 0 when each float requires one."""
    leaves = {name: value.clone().requires_grad_(value.is_floating_point()) for name, value in fields.items()}
    loss(**leaves, **knobs)[0].backward()
    return {name for name, value in leaves.items() if value.grad is not None and bool(value.grad.any())}
