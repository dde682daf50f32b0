"""Small batches to call losses on."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mouse.tracing import Explained, explain

B, S, A = 4, 5, 3


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def fields(rows: int = B, steps: int = S) -> dict[str, Tensor]:
    """Data of a batch."""
    return {
        "reward": normal(rows, steps, seed=1),
        "advantage": normal(rows, steps, seed=2),
        "action": torch.arange(rows * steps).reshape(rows, steps) % A,
        "mask": torch.arange(rows * steps).reshape(rows, steps) % 3 != 1,
    }


def output(rows: int = B, steps: int = S) -> dict[str, Tensor]:
    """Output of a model on it."""
    return {"value": normal(rows, steps, seed=3), "logits": normal(rows, steps, A, seed=4)}


def explained(function: Callable[..., Any], **config: Any) -> Explained:
    return explain(function, fields(), output(), **config)


def formulas(function: Callable[..., Any], **config: Any) -> dict[str, str]:
    """The formula of each term of a function."""
    found = explained(function, **config)
    return {name: found.terms.info(name).formula for name in found.terms}


def shares(found: Explained) -> Tensor:
    """The contributions, whose mean is the loss."""
    values = found.traced.contributions.values
    assert values is not None, found.traced.contributions.reason
    assert torch.allclose(values.mean().to(found.loss.dtype), found.loss.detach(), rtol=1e-4, equal_nan=True)
    assert torch.equal(found.terms["loss"], values) or bool(values.isnan().any())
    return values
