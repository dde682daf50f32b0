"""The first lines of a script: a batch from its file, or from the file of another library with its mapping."""

import dataclasses
from typing import NamedTuple

from mouse.mapping import Mapping


class Loading(NamedTuple):
    """Lines after which `step_stream` and `out` are there."""

    of_mouse: str
    """What is imported of mouse."""
    lines: tuple[str, ...]
    """What is done."""
    imports: tuple[str, ...] = ()
    """What is imported of others."""


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


def construction(mapping: Mapping) -> str:
    """The mapping as code, without what is at its default."""
    default = dataclasses.asdict(Mapping())
    given = {name: value for name, value in dataclasses.asdict(mapping).items() if value != default[name]}
    return f"Mapping({', '.join(f'{name}={value!r}' for name, value in given.items())})"
