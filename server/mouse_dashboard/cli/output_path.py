"""Check output paths: the command line never overwrites a file that the user may still want."""

from pathlib import Path
from typing import Annotated

import typer

from mouse_dashboard.cli.errors import fail

Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]


def check_output(out: Path, source: Path | None = None, *, force: bool) -> None:
    """Exit with one line unless `out` can be written safely.

    Symbolic links are refused: the user expects to lose neither the link nor its target.
    """
    if not out.parent.is_dir():
        fail(f"{out}: found no folder {out.parent}, expected one to write into; create it first.")
    if out.is_symlink() or (out.exists() and not out.is_file()):
        fail(f"{out}: found a link, a folder or a device, expected a file or nothing; name another.")
    if source is not None and out.exists() and out.samefile(source):
        fail(f"{out}: found the input file, expected another file; name another.")
    if out.exists() and not force:
        fail(f"{out}: found an existing file; name another, or overwrite it with --force.")
