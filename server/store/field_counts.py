"""Counting what is not finite, in chunks: a file larger than memory is read through, never held."""

from collections.abc import Iterator

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.losses.fields import OUT, STEP_STREAM, names, read
from server.store.models import FieldInfo

CHUNK = 1 << 20


def describe_fields(step_stream: TensorDict, out: TensorDict) -> list[FieldInfo]:
    """Describe every tensor of a batch, `step_stream` first, by name."""
    return [
        _describe(name, group, read(source, name, group, "a tensor"))
        for group, source in ((STEP_STREAM, step_stream), (OUT, out))
        for name in sorted(names(source))
    ]


def _describe(name: str, group: str, tensor: Tensor) -> FieldInfo:
    counts = torch.zeros(3, dtype=torch.int64)
    if tensor.is_floating_point():
        for chunk in _chunks(tensor):
            if not bool(chunk.isfinite().all()):
                kinds = (chunk.isnan(), chunk.isposinf(), chunk.isneginf())
                counts += torch.stack([kind.sum() for kind in kinds])
    nan, pos_inf, neg_inf = (int(count) for count in counts)
    return FieldInfo.model_validate(
        {
            "name": name,
            "group": group,
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "nan": nan,
            "pos_inf": pos_inf,
            "neg_inf": neg_inf,
        }
    )


def _chunks(tensor: Tensor) -> Iterator[Tensor]:
    return iter(torch.split(tensor.flatten(), CHUNK))
