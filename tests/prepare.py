"""What prepares a process that runs tests: shapes are enforced in `mouse`, and one thread computes."""

from pathlib import Path

import torch
from jaxtyping import install_import_hook

from mouse_dashboard.tuning.compiler import leave_out_compiler

SOURCES = Path(__file__).parents[1] / "mouse"
WITH_SHAPES = [
    ".".join(file.relative_to(SOURCES.parent).with_suffix("").parts)
    for file in SOURCES.rglob("*.py")
    if "from jaxtyping import" in file.read_text()
]
"""Modules that write shapes: in the others nothing is to be enforced, and each call would cost as much as its work."""


def prepare() -> None:
    """Prepare this process, before it imports anything of mouse: a module imported earlier would stay unchecked."""
    # Functions and TensorClass fields alike; ints are accepted as floats, as type checkers do.
    install_import_hook(WITH_SHAPES, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")
    torch.set_num_threads(1)
    leave_out_compiler()  # as the dashboard does: it is a large part of what a worker would import
