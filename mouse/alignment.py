"""The alignment of action, reward and done: mouse's losses read from each row what led to it."""

from typing import Any, Literal

import torch
from tensordict import TensorDict, TensorDictBase

from mouse.errors import BatchError
from mouse.losses.fields import batch_shape, names, read
from mouse.transition_batch import TRANSITION_FIELDS

Alignment = Literal["next_state", "state"]
"""next_state: with the state they led to, as mouse stores them; state: with the state in which the action was taken."""
FORMER_NAMES: dict[Any, Alignment] = {"arrives": "next_state", "leaves": "state"}
"""What stored mappings, links and scripts of earlier versions call them."""
MOVED = (*TRANSITION_FIELDS, "terminated", "truncated")
"""What belongs to a transition, and not to a state."""


def current_name(alignment: Any) -> Any:
    """Translate alignment names of earlier versions; other values are returned unchanged."""
    return FORMER_NAMES.get(alignment, alignment) if isinstance(alignment, str) else alignment


def to_next_state(step_stream: TensorDictBase, alignment: str) -> TensorDictBase:
    """Move the fields of a transition to the row of its next state.

    With alignment ``state`` it moves by one row. Row 0 of a sequence then holds 0, which no loss on transitions reads;
    the last transition of a sequence is dropped, because the state that it leads to is not in the batch.

    Shapes: ``step_stream`` [B, S], with S >= 2 for ``state``; result [B, S].

    Raises:
        BatchError: (a ValueError) another alignment, or sequences of one step with ``state``.

    Example:
        >>> step_stream = TensorDict({"reward": torch.tensor([[1.0, 2.0, 3.0]])}, batch_size=[1, 3])
        >>> to_next_state(step_stream, "state")["reward"].tolist()
        [[0.0, 1.0, 2.0]]
    """
    alignment = current_name(alignment)
    if alignment == "next_state":
        return step_stream
    if alignment != "state":
        raise BatchError("alignment", repr(alignment), "'next_state' or 'state'", "say one of them")
    if batch_shape(step_stream)[1] < 2:
        found, fix = "'state' and sequences of one step", "give sequences, or use mouse.transitions"
        raise BatchError("alignment", found, "2 steps or more", fix)
    fields = {name: read(step_stream, name, "step_stream", "a tensor") for name in names(step_stream)}
    for name in fields.keys() & set(MOVED):
        value = fields[name]
        fields[name] = torch.cat([torch.zeros_like(value[:, :1]), value[:, :-1]], dim=1)
    return TensorDict(fields, batch_size=step_stream.batch_size)
