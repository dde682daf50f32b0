"""dm_env's step types, the position of each step in its episode: 0 first, 1 middle, 2 last."""

from jaxtyping import Bool
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.value_checks import first_place
from mouse.mapping.flags import MOSTLY
from mouse.mapping.values import Note

FIRST, MID, LAST = 0, 1, 2


def are_step_types(values: Tensor) -> Bool[Tensor, "*place"]:
    """Whether each value is one of the three."""
    return (values == FIRST) | (values == MID) | (values == LAST)


def are_in_order(values: Tensor) -> bool:
    """Whether all are step types, and a first step follows a last one and nothing else but at a few cuts.

    Shapes: values [N], or two dimensions of which either one is time.

    Example:
        >>> import torch
        >>> numbers = [0, 1, 1, 2, 0, 1, 2], [0, 0, 1, 0, 0, 2], [0, 1, 1]
        >>> [are_in_order(torch.tensor(each)) for each in numbers]
        [True, False, True]
    """
    in_time = (values, values.transpose(0, 1)) if values.dim() > 1 else (values,)
    return bool(are_step_types(values).all()) and any(_follow(rows) for rows in in_time)


def _follow(rows: Tensor) -> bool:
    begins, ends = rows[1:] == FIRST, rows[:-1] == LAST
    return int((begins & ends).sum()) >= MOSTLY * int((begins | ends).sum())


def episode_of(step_types: Tensor) -> Tensor:
    """Number the episodes: one begins with a first step, and after a last one.

    Shapes: step_types [N]; result int64 [N].
    """
    begins = step_types == FIRST
    begins[1:] |= step_types[:-1] == LAST
    return begins.cumsum(0)


def last_steps(step_types: Tensor, field: str, source: str, note: Note) -> Tensor:
    """Return 1 for the last step of an episode, 0 for others.

    Shapes: step_types int64 [N]; result [N].

    Raises:
        BatchError: what is no step type.
    """
    wrong = ~are_step_types(step_types)
    if bool(wrong.any()):
        (row,) = first_place(wrong)
        expected = f"{FIRST} first, {MID} between, {LAST} last of an episode"
        raise BatchError(field, f"{int(step_types[row])} in {source}, row {row}", expected, "map codes to done")
    note(f"`{source}` holds dm_env's step types: an episode ends where it is {LAST}.")
    return (step_types == LAST).long()
