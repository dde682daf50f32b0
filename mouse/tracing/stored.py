"""Convert a batch of any form to the stored form."""

from tensordict import TensorDictBase

from mouse.tracing.explained import Fields, split_batch


def to_stored(step_stream: Fields, out: Fields | None) -> tuple[TensorDictBase, TensorDictBase]:
    """`step_stream` and `out` of a batch [B, S]; items without order, [N], become sequences of one step.

    TensorDicts of both are left as they are: who stores them judges them.

    Raises:
        BatchError: (a ValueError) as `split_batch`, of other forms.
    """
    if isinstance(step_stream, TensorDictBase) and isinstance(out, TensorDictBase):
        batch = step_stream, out
    else:
        batch = split_batch(step_stream, out)
    first, second = (each.unsqueeze(1) if each.batch_dims == 1 else each for each in batch)
    return first, second
