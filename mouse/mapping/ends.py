"""Make done codes from the end columns of a file: codes, flags, or a flag beside a plain done."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mouse.errors import BatchError
from mouse.losses.discount import TERMINAL, TRUNCATED
from mouse.mapping.mapping import Mapping as FileMapping
from mouse.mapping.step_types import LAST
from mouse.mapping.target import FLAGS

ENDS = ("done", *FLAGS)
"""Targets that tell of ends; two of them at most are needed."""
CODES = {"terminated": TERMINAL, "truncated": TRUNCATED}
OTHER = {"terminated": TRUNCATED, "truncated": TERMINAL}
"""What an end is that the flag does not claim."""


def done_codes(ends: Mapping[str, Tensor]) -> Tensor:
    """One code a row: the first flag's where it holds, the other kind of end where the other column does.

    Shapes: ``ends`` one or two of `ENDS`, each int64 [N]; result int64 [N]; of done alone, its own codes.

    Raises:
        BatchError: all three.
    """
    if len(ends) == len(ENDS):
        raise BatchError("mapping.fields.done", "it beside both flags", "two of the three", "leave it unmapped")
    if "done" in ends and len(ends) == 1:
        return ends["done"]
    flag, other = _in_turn(ends)
    rest = torch.zeros_like(ends[flag]) if other is None else (ends[other] != 0) * OTHER[flag]
    return torch.where(ends[flag] != 0, CODES[flag], rest)


def end_flags(fields: Mapping[str, Tensor], mapping: FileMapping) -> dict[str, Tensor]:
    """Whether an episode ends, by each of `ENDS` that a mapping names; each in the shape of its field."""
    sources = {name: mapping.fields[name] for name in ENDS if mapping.fields.get(name, "") in fields}
    return {
        name: fields[source] == LAST
        if source in mapping.step_types
        else (fields[source] != 0) ^ (source in mapping.inverted)
        for name, source in sources.items()
    }


def describe_done(sources: Mapping[str, str], codes: Tensor, mapping: FileMapping) -> list[str]:
    """Say how codes came about; ``sources`` names the column of each of the one or two of `ENDS`."""
    if "done" in sources and len(sources) == 1:
        if bool((codes == TRUNCATED).any()) or not bool((codes == TERMINAL).any()):
            return []
        return [
            f"`{sources['done']}` says that episodes end, but not how: every end is read as terminal (1), none as"
            " truncated (2)."
        ]
    flag, other = _in_turn(sources)
    first, second = sources[flag], "" if other is None else sources[other]
    is_set = dict.fromkeys(mapping.inverted, "is 0") | dict.fromkeys(mapping.step_types, f"is {LAST}")
    first_set = is_set.get(first, "is true")
    second_set = is_set.get(second, "is" if first_set == "is true" else "is true")
    rest = "" if other is None else f" else {OTHER[flag]} where `{second}` {second_set},"
    return [f"`done` is {CODES[flag]} where `{first}` {first_set},{rest} else 0."]


def _in_turn(ends: Mapping[str, object]) -> tuple[str, str | None]:
    """The flag that is asked first, and what is asked where it does not hold."""
    flag = next(name for name in FLAGS if name in ends)
    return flag, next((name for name in ends if name != flag), None)
