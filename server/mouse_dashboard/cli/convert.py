"""`mouse convert`: a batch file of a file of another library."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from mouse_dashboard.cli.errors import echo, fail, one_line_errors
from mouse_dashboard.cli.mapping_options import NOTHING, Given, taking_mapping
from mouse_dashboard.cli.output_path import Force, check_output

Source = Annotated[Path, typer.Argument(metavar="FILE", help="File of another library.", show_default=False)]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="Batch file to write (.safetensors).", show_default=False)]


@taking_mapping
def convert(
    file: Source,
    out: Target,
    *,
    force: Force = False,
    said: Given = NOTHING,
) -> None:
    """Write a batch file of a file of another library; what is done with it is said on stderr."""
    if not file.is_file():
        fail(f"{file}: no such file.")
    check_output(out, file, force=force)
    from mouse.batch import save_batch  # noqa: PLC0415
    from mouse.errors import BatchError, MissingFieldError  # noqa: PLC0415
    from mouse_dashboard.cli.resolve_mapping import read_batch  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415
    from mouse_dashboard.settings import Settings  # noqa: PLC0415
    from mouse_dashboard.store.imports import MAPPING  # noqa: PLC0415

    with one_line_errors(), TemporaryDirectory() as scratch:
        try:
            *batch, mapping = read_batch(file, Path(scratch), Settings().limits, said)
            save_batch(
                out, *batch, metadata={} if mapping is None else {"mapping": MAPPING.dump_json(mapping).decode()}
            )
        except (ApiError, BatchError, MissingFieldError) as error:
            fail(f"{file}: {str(error).removeprefix('file: ')}")
    echo(str(out))
