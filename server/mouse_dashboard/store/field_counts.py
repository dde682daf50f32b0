"""Count non-finite values in chunks: a file may be larger than memory."""

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse.losses.fields import OUT, STEP_STREAM, names, read
from mouse_dashboard.compute.non_finite import NonFiniteCounts, count_non_finite
from mouse_dashboard.store.models import FieldInfo

CHUNK = 1 << 20


def describe_fields(step_stream: TensorDict, out: TensorDict) -> list[FieldInfo]:
    """Describe every tensor of a batch, `step_stream` first, by name."""
    return [
        _describe(name, group, read(source, name, group, "a tensor"))
        for group, source in ((STEP_STREAM, step_stream), (OUT, out))
        for name in sorted(names(source))
    ]


def _describe(name: str, group: str, tensor: Tensor) -> FieldInfo:
    counts = NonFiniteCounts()
    if tensor.is_floating_point():
        for chunk in torch.split(tensor.flatten(), CHUNK):
            counts = counts.plus(count_non_finite(chunk))
    return FieldInfo.model_validate(
        {
            "name": name,
            "group": group,
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "nan": counts.nan,
            "pos_inf": counts.pos_inf,
            "neg_inf": counts.neg_inf,
        }
    )
