"""The first lines of a script: a batch from its file, or from the file of another library with its mapping."""

import dataclasses
from typing import NamedTuple

from mouse.mapping import Mapping
from mouse_dashboard.store.models import BatchInfo


class Loading(NamedTuple):
    """Lines after which `step_stream` and `out` are there."""

    of_mouse: str
    """What is imported of mouse."""
    lines: tuple[str, ...]
    """What is done."""
    imports: tuple[str, ...] = ()
    """What is imported of others."""
    recorded: str = ""
    """The loss of a batch that names a field as such."""


def of_batch(file_name: str) -> Loading:
    """Load a batch as it is."""
    line = f"step_stream, out = load_batch({file_name!r})  # the batch file as the dashboard downloads it"
    return Loading("from mouse.batch import load_batch", (line,))


def of_mapped(python: str, mapping: Mapping) -> Loading:
    """Read the fields of the file as it was sent, with its own library, and map them."""
    lines = python.splitlines()
    imports = tuple(line for line in lines if line.startswith(("import ", "from ")))
    reading = "\n".join(line for line in lines if line not in imports).strip("\n")
    return Loading(
        "from mouse.mapping import Mapping, apply",
        (reading, f"step_stream, out = apply(fields, {construction(mapping)})"),
        imports,
    )


def recorded_mean(info: BatchInfo) -> str:
    """The mean of the field that is named as the loss, in whichever group it is; empty where none is."""
    field = next((field for field in info.fields if field.name == info.loss_field), None)
    if field is None:
        return ""
    exact = "" if field.dtype.startswith(("float", "bfloat")) else ".double()"
    return f"{field.group}[{field.name!r}]{exact}.mean()"


def construction(mapping: Mapping) -> str:
    """The mapping as code, without what is at its default."""
    default = dataclasses.asdict(Mapping())
    changed = {name: value for name, value in dataclasses.asdict(mapping).items() if value != default[name]}
    return f"Mapping({', '.join(f'{name}={value!r}' for name, value in changed.items())})"
