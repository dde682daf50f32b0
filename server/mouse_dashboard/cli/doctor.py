"""`mouse doctor`. Exit codes: 0 no finding at or above --fail-on, 1 findings, 2 cannot run, with one line on stderr."""

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mouse_dashboard.cli.errors import fail, one_line_errors
from mouse_dashboard.cli.mapping_options import NO_OPTIONS, MappingOptions, with_mapping_options
from mouse_dashboard.reading.formats import ENDINGS
from mouse_dashboard.tuning.compiler import leave_out_compiler

if TYPE_CHECKING:
    from mouse.diagnosis import Report
    from mouse.losses.config import LossConfig
    from mouse_dashboard.doctor.files import FileReport


class Format(StrEnum):
    """Output format of the findings."""

    text = "text"
    json = "json"
    sarif = "sarif"
    junit = "junit"
    github = "github"


class FailOn(StrEnum):
    """The lowest severity that makes the command fail."""

    error = "error"
    warning = "warning"
    info = "info"


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...", help=f"Batches ({', '.join(ENDINGS)}), folders of them, or globs.", show_default=False
    ),
]
Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        help='Losses and their settings as JSON, {"dqn": {"gamma": 0.9}}, or a file of it; all losses by default.',
    ),
]
Losses = Annotated[
    list[str] | None,
    typer.Option(
        "--loss",
        metavar="FILE.py:FUNCTION",
        help="Your own loss function; may be repeated. Without --config, mouse's own losses then do not run.",
    ),
]
Rules = Annotated[list[str] | None, typer.Option("--rule", help="Run this rule only; may be repeated.")]
Explain = Annotated[str | None, typer.Option(help="Explain a rule, and run nothing.")]


@with_mapping_options
def doctor(  # noqa: PLR0913  one parameter per flag
    files: Files = None,
    *,
    config: Config = None,
    loss: Losses = None,
    rule: Rules = None,
    output: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.text,
    fail_on: Annotated[FailOn, typer.Option(help="Severity that makes the exit code 1.")] = FailOn.error,
    explain: Explain = None,
    options: MappingOptions = NO_OPTIONS,
) -> None:
    """Look for the known ways in which a loss goes wrong, in batch files."""
    if explain is not None:
        _explain(explain)
        return
    if not files:
        fail("FILE: found nothing, expected a batch file; name one, or a rule with --explain.")
    if not loss:
        leave_out_compiler()
    with one_line_errors():
        from mouse_dashboard.doctor.files import FileReport, examine_files  # noqa: PLC0415

        paths = _paths(files)
        examine = _examiner(config or [], loss or [], rule, options)
        reports = [FileReport(paths[0], examine(paths[0]))] if len(paths) == 1 else examine_files(paths, examine)
    _print_reports(reports, output)
    if any(each.report is None for each in reports):
        raise typer.Exit(2)
    if any(each.report.at_least(fail_on.value) for each in reports if each.report is not None):
        raise typer.Exit(1)


def _paths(named: list[str]) -> list[Path]:
    """The files given on the command line, without duplicates; those of a folder or glob sorted by name."""
    import glob  # noqa: PLC0415

    from mouse_dashboard.scan.source import SCHEME, sources_of  # noqa: PLC0415

    for name in named:
        if SCHEME in name or not (glob.has_magic(name) or Path(name).exists()):
            fail(f"{name}: no such file.")
    return [Path(source.address) for source in sources_of(named)]


def _examiner(
    configs: list[str], losses: list[str], rules: list[str] | None, options: MappingOptions
) -> "Callable[[Path], Report]":
    """Parse the flags once, and return a function that examines a file."""
    from mouse.diagnosis import doctor as examine  # noqa: PLC0415
    from mouse.diagnosis import unreadable  # noqa: PLC0415
    from mouse.errors import BatchError  # noqa: PLC0415
    from mouse_dashboard.cli.functions import load_function, parse_functions  # noqa: PLC0415
    from mouse_dashboard.cli.resolve_mapping import read_batch  # noqa: PLC0415
    from mouse_dashboard.compute.functions.worker import to_function_shape  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415
    from mouse_dashboard.settings import Settings  # noqa: PLC0415

    _check_rules(rules)
    addresses = parse_functions(losses)
    functions = [load_function(address) for address in addresses]
    settings = {} if functions and not configs else configs_of(configs)

    def examine_file(file: Path) -> "Report":
        with TemporaryDirectory() as scratch:
            try:
                step_stream, out, _mapping, doubts, _facts, of_file = read_batch(
                    file, Path(scratch), Settings().limits, options, functions=addresses
                )
            except ApiError as error:
                raise ApiError(422, "broken_file", f"{file}: {str(error).removeprefix('file: ')}") from error
            except BatchError as error:
                return unreadable(error)
            if functions:
                step_stream, out = to_function_shape(step_stream, out)
            return examine(step_stream, out, settings, losses=functions, doubts=doubts, file=of_file, rules=rules)

    return examine_file


def _check_rules(rules: list[str] | None) -> None:
    from mouse.diagnosis import CATALOGUE  # noqa: PLC0415

    for name in rules or []:
        if name not in CATALOGUE:
            fail(f"--rule: found {name!r}, expected one of {', '.join(CATALOGUE)}.")


def configs_of(texts: list[str]) -> "dict[str, LossConfig]":
    """Configs of the named losses; the default configs of all losses if none is named."""
    from mouse.losses.registered import all_losses  # noqa: PLC0415
    from mouse_dashboard.compute.configs import resolve_configs  # noqa: PLC0415
    from mouse_dashboard.schema.errors import InvalidFieldsError  # noqa: PLC0415
    from mouse_dashboard.web.validation_errors import explain  # noqa: PLC0415

    losses: dict[str, LossConfig] = {}
    for text in texts:
        source = text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8")
        try:
            configs = json.loads(source)
        except ValueError:  # no JSON, or text that UTF-8 cannot hold
            configs = None
        if not isinstance(configs, dict):
            fail(f'--config: found no JSON object in {text[:40]!r}, expected such as {{"dqn": {{"gamma": 0.9}}}}.')
        try:
            losses |= resolve_configs(cast("dict[str, Any]", configs), all_losses(), "")
        except InvalidFieldsError as error:
            fail(f"--config: {explain(error.errors).message}")
    return losses or {name: loss.config() for name, loss in all_losses().items()}


def _print_reports(reports: "list[FileReport]", output: Format) -> None:
    if output is Format.text:
        from mouse_dashboard.doctor.text import print_reports  # noqa: PLC0415

        print_reports(reports)
    elif output is Format.json:
        from mouse_dashboard.doctor.files import as_json  # noqa: PLC0415

        typer.echo(json.dumps(as_json(reports), indent=2, allow_nan=False))
    elif output is Format.sarif:
        from mouse_dashboard.doctor.sarif import sarif  # noqa: PLC0415

        typer.echo(sarif(reports))
    elif output is Format.github:
        from mouse_dashboard.doctor.github import annotations  # noqa: PLC0415

        typer.echo(annotations(reports))
    else:
        from mouse_dashboard.doctor.junit import junit  # noqa: PLC0415

        typer.echo(junit(reports))


def _explain(name: str) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    from mouse.diagnosis import CATALOGUE  # noqa: PLC0415
    from mouse.diagnosis.pages import page  # noqa: PLC0415
    from mouse_dashboard.runs.history.rules import RUN_RULES  # noqa: PLC0415

    rules = CATALOGUE | RUN_RULES
    if name not in rules:
        fail(f"--explain: found {name!r}, expected one of {', '.join(rules)}.")
    Console().print(Markdown(page(rules[name])))
