"""Skip importing torch's compiler in processes that do not compile: half of the start-up imports, and 75 MB."""

from typing import Any

MARKS = ("allow_in_graph", "assume_constant_result")
"""What tensordict marks functions with for `torch.compile`. To mark one imports the whole compiler."""


def leave_out_compiler() -> None:
    """Import tensordict with its functions unmarked; a process that runs code of the user's own must not.

    `torch.compile` still works there, and may compile TensorDicts in more pieces.
    """
    import torch.compiler  # noqa: PLC0415  importing torch takes a second: only where it is needed

    compiler: Any = torch.compiler
    marks = {name: getattr(compiler, name) for name in MARKS}
    try:
        for name in marks:
            setattr(compiler, name, _unmarked)
        import tensordict  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport]  the import is what it is for
    finally:
        for name, mark in marks.items():
            setattr(compiler, name, mark)


def _unmarked(function: Any) -> Any:
    return function
