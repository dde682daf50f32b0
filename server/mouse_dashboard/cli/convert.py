"""`mouse convert`: make a batch file from another library's file, optionally with the output of the user's model."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from mouse_dashboard.cli.errors import echo, fail, one_line_errors
from mouse_dashboard.cli.mapping_options import NO_OPTIONS, MappingOptions, with_mapping_options
from mouse_dashboard.cli.output_path import Force, check_output
from mouse_dashboard.cli.zip_folder import zip_folder
from mouse_dashboard.tuning.compiler import leave_out_compiler

if TYPE_CHECKING:
    from mouse.outputs import Batch
    from mouse.tracing.function_file import FunctionAddress

Source = Annotated[
    Path, typer.Argument(metavar="FILE", help="File of another library, or folder of .npz files.", show_default=False)
]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="Batch file to write (.safetensors).", show_default=False)]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FILE:NAME",
        help="Function that returns your model, as FILE.py:FUNCTION; its output on the steps is written too.",
    ),
]


@with_mapping_options
def convert(
    file: Source,
    out: Target,
    *,
    model: Model = None,
    force: Force = False,
    options: MappingOptions = NO_OPTIONS,
) -> None:
    """Convert a file of another library to a batch file; every change is reported on stderr."""
    if not file.is_file() and not file.is_dir():
        fail(f"{file}: no such file.")
    check_output(out, file, force=force)
    if model is None:
        leave_out_compiler()
    from mouse.batch import save_batch  # noqa: PLC0415
    from mouse.errors import BatchError, MissingFieldError  # noqa: PLC0415
    from mouse_dashboard.cli.functions import model_address  # noqa: PLC0415
    from mouse_dashboard.cli.resolve_mapping import read_batch  # noqa: PLC0415
    from mouse_dashboard.compute.file_metadata import metadata_of  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415
    from mouse_dashboard.settings import Settings  # noqa: PLC0415

    address = None if model is None else model_address(model)
    with one_line_errors(), TemporaryDirectory() as scratch:
        try:
            source = zip_folder(file, Path(scratch)) if file.is_dir() else file
            *batch, mapping, doubts, facts, report = read_batch(source, Path(scratch), Settings().limits, options)
            if address is not None:
                batch = _with_model(address, (batch[0], batch[1]))
            save_batch(out, *batch, metadata=metadata_of(mapping, doubts, facts, report))
        except (ApiError, BatchError, MissingFieldError) as error:
            fail(f"{file}: {str(error).removeprefix('file: ')}")
    echo(str(out))


def _with_model(address: "FunctionAddress", batch: "Batch") -> "Batch":
    """Run the user's model with a progress bar. Heads that the model does not return are kept from the file."""
    from mouse.losses.fields import names  # noqa: PLC0415
    from mouse.outputs import with_outputs  # noqa: PLC0415
    from mouse.wording import first_names  # noqa: PLC0415
    from mouse_dashboard.cli.functions import load_user_model, user_code_errors  # noqa: PLC0415

    step_stream, of_file = batch
    model = load_user_model(address)
    bar = typer.progressbar(length=len(step_stream), label="windows", file=typer.get_text_stream("stderr"))
    with bar, user_code_errors(address):
        _, out = with_outputs(step_stream, model, progress=lambda done, _all: bar.update(done - bar.pos))
    replaced = sorted(names(of_file) & names(out))
    if replaced:
        echo(f"{address.name}: its {first_names(replaced, '`')} replaces that of the file.", err=True)
    return step_stream, of_file.clone(recurse=False).update(out)
