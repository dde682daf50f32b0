"""`mouse scan`: run the losses and the doctor over a whole dataset. Exit codes are those of `mouse doctor`."""

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from mouse_dashboard.cli.doctor import Config, FailOn, Losses
from mouse_dashboard.cli.errors import fail, one_line_errors
from mouse_dashboard.cli.mapping_options import NO_OPTIONS, MappingOptions, with_mapping_options

if TYPE_CHECKING:
    from mouse.mapping import Mapping
    from mouse.tracing.function_file import FunctionAddress
    from mouse_dashboard.scan.source import Source
    from mouse_dashboard.scan.task import Request

Shards = Annotated[
    list[str],
    typer.Argument(
        metavar="SHARD...", help="Files, folders, globs, or addresses that fsspec reads (s3://...).", show_default=False
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Output folder for tables and windows; a second run into it resumes the first.", show_default=False
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="FILE:NAME", help="Function that returns your model, as FILE.py:FUNCTION."),
]
Against = Annotated[
    Path | None, typer.Option(help="Folder of an earlier scan to compare with: what got worse, and where.")
]
Processes = Annotated[int | None, typer.Option(min=1, help="Processes on this machine; one per core by default.")]


Sweep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FIELD=FIRST:LAST:COUNT",
        help="Evaluate the losses at several values of a field, as dqn.gamma=0.9:0.999:9; once or twice.",
    ),
]


Ray = Annotated[
    str | None, typer.Option(metavar="ADDRESS|auto", help="Run on this Ray cluster; needs the package ray.")
]
Gpus = Annotated[float, typer.Option(min=0, help="With --ray: GPUs per task; a fraction shares one.")]


@with_mapping_options
def scan(  # noqa: PLR0913  one parameter per flag
    shards: Shards,
    *,
    config: Config = None,
    loss: Losses = None,
    model: Model = None,
    sweep: Sweep = None,
    out: Out = None,
    against: Against = None,
    processes: Processes = None,
    ray: Ray = None,
    gpus: Gpus = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    fail_on: Annotated[FailOn, typer.Option(help="Severity that makes the exit code 1.")] = FailOn.error,
    options: MappingOptions = NO_OPTIONS,
) -> None:
    """Run losses and the doctor over every shard of a dataset, and compare the shards with each other."""
    if gpus and ray is None:
        fail(
            f"--gpus: found {gpus:g} without --ray, expected both; add --ray auto, or leave it out: without a cluster"
            " your model's function decides which GPU it uses."
        )
    with one_line_errors(), TemporaryDirectory(prefix="mouse-scan-") as scratch:
        from mouse_dashboard.cli.scan_progress import show_progress  # noqa: PLC0415
        from mouse_dashboard.scan import compare, output, text  # noqa: PLC0415
        from mouse_dashboard.scan.cluster import run_on_ray  # noqa: PLC0415
        from mouse_dashboard.scan.folder import ScanFolder  # noqa: PLC0415
        from mouse_dashboard.scan.local import run_in_process, run_in_processes  # noqa: PLC0415
        from mouse_dashboard.scan.saved import SavedScan  # noqa: PLC0415
        from mouse_dashboard.scan.scan import scan as run  # noqa: PLC0415
        from mouse_dashboard.scan.source import sources_of  # noqa: PLC0415

        earlier = None if against is None else SavedScan(against, f"--against {against}").numbers()
        sources = sources_of(shards)
        request = _request(sources, config or [], loss or [], model, tuple(sweep or ()), options)
        folder = ScanFolder(out or Path(scratch))
        folder.open()
        count = processes or min(os.cpu_count() or 1, len(sources))
        engine = run_in_process if count == 1 else partial(run_in_processes, processes=count)
        engine = engine if ray is None else partial(run_on_ray, address=ray, gpus=gpus)
        with show_progress() as progress:
            report = run(request, sources, engine, folder, progress)
        if out is not None:
            output.write_scan(folder, request, sources, report)
        comparison = None if earlier is None else compare.compare(compare.numbers_of(report), earlier)
    if as_json:
        typer.echo(json.dumps(output.as_json(report), indent=2, allow_nan=False))
    else:
        text.print_scan(report, None if out is None else str(out))
        if comparison is not None:
            text.print_lines(text.comparison_lines(comparison, str(against)))
    if report.missing:
        raise typer.Exit(2)
    if report.at_least(fail_on.value):
        raise typer.Exit(1)


def _request(  # noqa: PLR0913, PLR0917  one parameter per flag
    sources: "Sequence[Source]",
    configs: list[str],
    losses: list[str],
    model: str | None,
    sweep: tuple[str, ...],
    options: MappingOptions,
) -> "Request":
    import hashlib  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from mouse_dashboard.cli.doctor import configs_of  # noqa: PLC0415
    from mouse_dashboard.cli.functions import load_function, model_address, parse_functions, user_code_errors  # noqa: PLC0415
    from mouse_dashboard.compute.configs import dump_configs  # noqa: PLC0415
    from mouse_dashboard.scan.model_hash import model_hash  # noqa: PLC0415
    from mouse_dashboard.scan.task import Request, cached_model, sweep_of  # noqa: PLC0415
    from mouse_dashboard.schema.errors import InvalidFieldsError  # noqa: PLC0415
    from mouse_dashboard.web.validation_errors import explain  # noqa: PLC0415

    functions = parse_functions(losses)
    for address in functions:
        load_function(address)
    of_model = None if model is None else model_address(model)
    if of_model is not None:
        with user_code_errors(of_model):
            cached_model(str(of_model))
    mapping, proposed = _mapping(sources, options, functions)
    files = [address.file for address in (*functions, *([of_model] if of_model else []))]
    request = Request(
        configs=dump_configs({} if functions and not configs else configs_of(configs)),
        functions=tuple(map(str, functions)),
        model=None if of_model is None else str(of_model),
        mapping=mapping,
        proposed=proposed,
        sweep=sweep,
        code=tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in files),
    )
    try:
        sweep_of(request)
    except InvalidFieldsError as error:
        fail(f"--sweep: {explain(error.errors).message}")
    if of_model is None:
        return request
    return replace(request, code=(*request.code, model_hash(request, sources)))


def _mapping(  # noqa: RET503  `fail` does not return
    sources: "Sequence[Source]", options: MappingOptions, functions: "Sequence[FunctionAddress]"
) -> "tuple[Mapping | None, Mapping | None]":
    """Resolve the mapping of all shards on the first readable one, and return its own proposal too."""
    from mouse.errors import BatchError, MissingFieldError  # noqa: PLC0415
    from mouse.mapping import detect  # noqa: PLC0415
    from mouse.mapping.apply import arrange  # noqa: PLC0415
    from mouse_dashboard.cli.resolve_mapping import echo_notes, resolve_mapping  # noqa: PLC0415
    from mouse_dashboard.scan.chunks import count_rows, first_chunk  # noqa: PLC0415
    from mouse_dashboard.scan.shard import fields_of  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415

    problems: list[str] = []
    with TemporaryDirectory(prefix="mouse-scan-") as scratch:
        for source in sources:
            try:
                is_batch, whole = fields_of(source, Path(scratch))
            except (ApiError, BatchError, MissingFieldError, OSError) as error:
                problems.append(f"{source.address}: {str(error).removeprefix('file: ')}")
                continue
            if is_batch and not options:
                return None, None
            fields = first_chunk(whole)
            if (rows := count_rows(fields)) < count_rows(whole):
                echo_notes(
                    Path(source.name),
                    (f"The mapping is proposed from the first {rows:,} of {count_rows(whole):,} rows.",),
                )
            try:
                mapping = resolve_mapping(fields, options, functions=functions)
                echo_notes(Path(source.name), arrange(fields, mapping).notes)
            except (ApiError, BatchError) as error:
                fail(f"{source.address}: {error}")
            return mapping, None if options else detect(fields).mapping
    fail(f"found no shard that can be read, expected at least one; {problems[0]}")
