"""The first lines of an exported script: load a batch file, or map a file of another library."""

import dataclasses
from typing import NamedTuple

from mouse.mapping import Mapping
from mouse_dashboard.store.models import BatchInfo


class LoadSnippet(NamedTuple):
    """Lines that define `step_stream` and `out`."""

    of_mouse: str
    """Import line for mouse."""
    lines: tuple[str, ...]
    """Statements."""
    imports: tuple[str, ...] = ()
    """Other imports."""
    recorded: str = ""
    """Expression for the loss of a batch with a `loss_field`."""


def batch_snippet(file_name: str) -> LoadSnippet:
    """Load a batch file."""
    line = f"step_stream, out = load_batch({file_name!r})  # the batch file as the dashboard downloads it"
    return LoadSnippet("from mouse.batch import load_batch", (line,))


def mapped_snippet(python: str, mapping: Mapping) -> LoadSnippet:
    """Read the fields of the uploaded file with its own library, and map them."""
    lines = python.splitlines()
    imports = tuple(line for line in lines if line.startswith(("import ", "from ")))
    reading = "\n".join(line for line in lines if line not in imports).strip("\n")
    return LoadSnippet(
        "from mouse.mapping import Mapping, apply",
        (reading, f"step_stream, out = apply(fields, {mapping_code(mapping)})"),
        imports,
    )


def recorded_mean(info: BatchInfo) -> str:
    """The mean of the recorded loss field; empty if the batch has none."""
    field = next((field for field in info.fields if field.name == info.loss_field), None)
    if field is None:
        return ""
    exact = "" if field.dtype.startswith(("float", "bfloat")) else ".double()"
    return f"{field.group}[{field.name!r}]{exact}.mean()"


def mapping_code(mapping: Mapping) -> str:
    """The mapping as code, without default values."""
    default = dataclasses.asdict(Mapping())
    changed = {name: value for name, value in dataclasses.asdict(mapping).items() if value != default[name]}
    return f"Mapping({', '.join(f'{name}={value!r}' for name, value in changed.items())})"
