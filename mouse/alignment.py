"""With which state a batch holds action, reward and done: mouse's losses read what led to a row from that row."""

from typing import Literal

import torch
from tensordict import TensorDict, TensorDictBase

from mouse.errors import BatchError
from mouse.losses.fields import batch_shape, names, read
from mouse.transition_batch import OF_TRANSITION

Alignment = Literal["arrives", "leaves"]
"""arrives: with the state they led to, as mouse stores them; leaves: with the state in which the action was taken."""
MOVED = (*OF_TRANSITION, "terminated", "truncated")
"""What belongs to a transition, and not to a state."""


def arriving(step_stream: TensorDictBase, alignment: str) -> TensorDictBase:
    """Bring what belongs to a transition to the state that it leads to.

    What leaves is moved by one row. Row 0 of a sequence then holds 0, which no loss on transitions reads; the last
    transition of a sequence is dropped, because the state that it leads to is not in the batch.

    Shapes: ``step_stream`` [B, S] with S >= 2 where it leaves; result [B, S].

    Raises:
        BatchError: (a ValueError) another alignment, or sequences of one step that leave.

    Example:
        >>> step_stream = TensorDict({"reward": torch.tensor([[1.0, 2.0, 3.0]])}, batch_size=[1, 3])
        >>> arriving(step_stream, "leaves")["reward"].tolist()
        [[0.0, 1.0, 2.0]]
    """
    if alignment == "arrives":
        return step_stream
    if alignment != "leaves":
        raise BatchError("alignment", repr(alignment), "'arrives' or 'leaves'", "say one of them")
    if batch_shape(step_stream)[1] < 2:
        found, fix = "'leaves' and sequences of one step", "give sequences, or use mouse.transitions"
        raise BatchError("alignment", found, "2 steps or more", fix)
    fields = {name: read(step_stream, name, "step_stream", "a tensor") for name in names(step_stream)}
    for name in fields.keys() & set(MOVED):
        value = fields[name]
        fields[name] = torch.cat([torch.zeros_like(value[:, :1]), value[:, :-1]], dim=1)
    return TensorDict(fields, batch_size=step_stream.batch_size)
