"""The command line. Imports are lazy, so that `mouse --version` answers at once.

Exit codes: 0 after Ctrl+C and on success, 2 with one line on stderr for anything that the user can fix; those of
`mouse doctor` stand at its command.
"""

import os
import secrets
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mouse import __version__
from mouse_dashboard.cli.convert import convert
from mouse_dashboard.cli.data import data
from mouse_dashboard.cli.doctor import doctor
from mouse_dashboard.cli.errors import echo, fail, one_line_errors
from mouse_dashboard.cli.fast_exit import exit_without_teardown
from mouse_dashboard.cli.mapping_options import NO_OPTIONS, MappingOptions, with_mapping_options
from mouse_dashboard.cli.output_path import Force, check_output
from mouse_dashboard.cli.scan import scan
from mouse_dashboard.cli.setting_flags import (
    AllowedHosts,
    AllowPt,
    DataDir,
    Device,
    Host,
    Notify,
    Port,
    RootPath,
    Token,
)
from mouse_dashboard.reading.formats import ENDINGS
from mouse_dashboard.scan.scan_marker import is_scan
from mouse_dashboard.settings import Settings
from mouse_dashboard.tuning.compiler import leave_out_compiler
from mouse_dashboard.tuning.idle_threads import let_idle_threads_sleep

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.middleware import Middleware

cli = typer.Typer(
    help="See why a reinforcement-learning loss is what it is.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NewToken = Annotated[
    bool,
    typer.Option("--new-token", help="Generate a token for this start and print it in the link, for shared machines."),
]
Open = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open a browser; by default only on a machine with a screen."),
]
Losses = Annotated[
    list[str] | None,
    typer.Option("--loss", help="Your own loss function, as FILE.py:FUNCTION; may be repeated.", metavar="FILE:NAME"),
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(
        help=f"Batches ({', '.join(ENDINGS)}) and folders of scans. Default: the demo batch.", show_default=False
    ),
]


def main() -> None:
    """Run the command line."""
    let_idle_threads_sleep()
    with exit_without_teardown():
        cli()


@cli.callback(invoke_without_command=True)
def mouse(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    """See why a reinforcement-learning loss is what it is."""
    if version:
        typer.echo(f"mouse {__version__}")
        raise typer.Exit


@cli.command()
@with_mapping_options
def dashboard(  # noqa: PLR0913  one parameter per flag
    files: Files = None,
    *,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    device: Device = None,
    token: Token = None,
    new_token: NewToken = False,
    allowed_hosts: AllowedHosts = None,
    root_path: RootPath = None,
    allow_pt: AllowPt = False,
    notify: Notify = None,
    open_browser: Open = None,
    losses: Losses = None,
    options: MappingOptions = NO_OPTIONS,
) -> None:
    """Open batches in the browser. Flags from --host to --root-path are MOUSE_ variables too, such as MOUSE_PORT."""
    if new_token and token is not None:
        fail("--new-token: found --token too, expected one of them.")
    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        device=device,
        token=secrets.token_urlsafe(32) if new_token else token,
        allowed_hosts=allowed_hosts,
        root_path=root_path,
        allow_pt=allow_pt or None,
        notify=notify,
    )
    _serve(settings, files or [], seed=0, open_browser=open_browser, options=options, losses=losses or [])


@cli.command()
def demo(  # noqa: PLR0913  one parameter per flag
    out: Annotated[Path | None, typer.Option(help="Write the batch to this file, and open nothing.")] = None,
    *,
    force: Force = False,
    live: Annotated[bool, typer.Option("--live", help="Train beside the dashboard, and open the run.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    port: Port = None,
    data_dir: DataDir = None,
    open_browser: Open = None,
) -> None:
    """Train a small agent for some seconds, and open the batch that it would train on next."""
    from mouse_dashboard.store.demo_batch import make_with_progress  # noqa: PLC0415

    if live and out is not None:
        fail("--live: found --out too, expected one of them; a live run writes no file.")
    if live:
        _serve_live(_settings(port=port, data_dir=data_dir), seed, open_browser=open_browser)
    elif out is None:
        _serve(_settings(port=port, data_dir=data_dir), [], seed, open_browser=open_browser, options=NO_OPTIONS)
    else:
        check_output(out, force=force)
        with one_line_errors():
            make_with_progress(out, seed)
        echo(str(out))


cli.command()(doctor)
cli.command()(convert)
cli.command()(scan)
cli.command()(data)


@cli.command()
def licenses() -> None:
    """Print the licences of the Python packages that mouse uses, and of the packages that the page is built from."""
    from mouse_dashboard.cli.licenses import licenses as every_license  # noqa: PLC0415

    for text in every_license():
        typer.echo(f"{text}\n")


def _settings(**flags: Any) -> Settings:
    from pydantic import ValidationError  # noqa: PLC0415

    flags["allowed_hosts"] = ",".join(flags["allowed_hosts"]) if flags.get("allowed_hosts") else None
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"][:1])
        fail(f"{where}{first['msg'].removeprefix('Value error, ')}.")
    if settings.device != "cpu":  # to ask torch takes a second
        leave_out_compiler()
        from mouse_dashboard.compute.device import unavailable_reason  # noqa: PLC0415

        if sentence := unavailable_reason(settings.device):
            fail(sentence)
    return settings


def _serve(  # noqa: PLR0913  what is served, and how
    settings: Settings,
    files: list[Path],
    seed: int,
    *,
    open_browser: bool | None,
    options: MappingOptions,
    losses: Sequence[str] = (),
) -> None:
    scans = [file for file in files if file.is_dir()]
    files = [file for file in files if file not in scans]
    for folder in scans:
        if not is_scan(folder):
            fail(f"{folder}: found no scan in this folder, expected the --out folder of a mouse scan that has ended.")
    for file in files:
        if not file.is_file():
            fail(f"{file}: no such file.")
    if settings.allows_addresses_only:
        typer.echo(
            "mouse: answers to localhost and to the IP addresses of this machine; add --allowed-hosts NAME to"
            " serve a name.",
            err=True,
        )
    with one_line_errors():
        from mouse_dashboard.cli.serving import listen, serve  # noqa: PLC0415
        from mouse_dashboard.cli.start_page import first_file, start_page  # noqa: PLC0415

        def load(middleware: "Sequence[Middleware]") -> "FastAPI":
            leave_out_compiler()
            from mouse_dashboard.cli.load_app import load_app  # noqa: PLC0415

            return load_app(settings, files, scans, seed, options, losses, middleware)

        file = None if options or scans else first_file(settings, files, seed)
        opened = partial(start_page, settings=settings, file=file)
        with listen(settings) as socket:
            serve(settings, socket, load, opened, open_browser=_wanted(open_browser))


def _serve_live(settings: Settings, seed: int, *, open_browser: bool | None) -> None:
    with one_line_errors():
        leave_out_compiler()
        from mouse.losses.registered import all_losses  # noqa: PLC0415
        from mouse_dashboard.cli.demo_training import start_training  # noqa: PLC0415
        from mouse_dashboard.cli.serving import listen, serve  # noqa: PLC0415
        from mouse_dashboard.cli.store_files import store_files  # noqa: PLC0415
        from mouse_dashboard.web.app import create_app  # noqa: PLC0415

        store_files(settings, [], NO_OPTIONS)  # what is wrong with the data folder is told now
        with listen(settings) as socket, start_training(settings, socket.getsockname()[1], seed) as first_snapshot:
            serve(
                settings,
                socket,
                lambda middleware: create_app(settings, all_losses(), middleware=middleware),
                first_snapshot,
                open_browser=_wanted(open_browser),
            )


def _wanted(open_browser: bool | None) -> bool:
    return _has_screen() if open_browser is None else open_browser


def _has_screen() -> bool:
    """Over SSH or without a display, a browser would open on no screen, or as a text browser in the terminal."""
    if not sys.stdout.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
