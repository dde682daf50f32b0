"""Gradients at recorded values, including tensors that were changed in place later."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge


def pull_back(
    output: Tensor | GradientEdge,
    targets: Sequence[Tensor | GradientEdge],
    gradient: Tensor | None = None,
    *,
    create_graph: bool = False,
) -> list[Tensor | None]:
    """Gradient at each target that comes through an output; None where it does not depend on the target."""
    differentiate = cast("Any", torch.autograd.grad)  # its annotations know no list of both kinds of targets
    return list(differentiate(output, targets, gradient, True, create_graph, allow_unused=True))


def leaves(output: Tensor) -> Iterator[Tensor]:
    """Tensors in which the gradients of an output end."""
    open_, seen = [cast("Any", output.grad_fn)], set[object]()
    while open_:
        node = open_.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if type(node).__name__ == "AccumulateGrad":
            yield node.variable
        open_ += [before for before, _ in node.next_functions]
