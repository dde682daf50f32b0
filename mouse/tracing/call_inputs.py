"""The inputs of a traced call: the batch's fields, protected from changes, and the model's output with gradient."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from tensordict import TensorDict, TensorDictBase
from torch import Tensor

from mouse.losses.fields import names


@dataclass(frozen=True)
class CallInputs:
    """Fields of one call. The tensors of the caller's own are never handed in, only others of the same memory."""

    step_stream: TensorDict
    out: TensorDict
    heads: Mapping[str, Tensor]
    """Leaves of the gradient by name; others of the model's output too."""
    fields: Mapping[str, tuple[Tensor, Tensor]]
    """All fields by name, as the function sees them and as they were."""


def call_inputs(
    step_stream: TensorDictBase, out: TensorDictBase, differentiable: Collection[str], *, copies: bool = False
) -> CallInputs:
    """Prepare a call: fields named `differentiable` require gradient.

    With `copies` the function may change fields in place: it gets copies, which are no leaves, as a model's output.
    """
    heads: dict[str, Tensor] = {}
    fields: dict[str, tuple[Tensor, Tensor]] = {}
    groups: list[TensorDict] = []
    for group in (step_stream, out):
        seen: dict[str, Tensor] = {}
        for name, value in group.items():
            field = cast("Tensor", value).detach()
            if name in differentiable:
                field.requires_grad_()
            if name in differentiable or group is out:
                heads[str(name)] = field
            seen[str(name)] = field.clone() if copies else field
            fields[str(name)] = seen[str(name)], field
        groups.append(TensorDict(seen, batch_size=group.batch_size))
    return CallInputs(groups[0], groups[1], heads, fields)


def floating(*groups: TensorDictBase) -> set[str]:
    """Names of fields that can require gradient."""
    return {name for group in groups for name in names(group) if cast("Tensor", group[name]).is_floating_point()}
