"""The command line. What it needs is imported where it is used: `mouse --version` answers at once.

Exit codes: 0 after Ctrl+C and when done, 2 with one line on stderr for anything its user can put right; those of
`mouse doctor` stand at its command.
"""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mouse import __version__
from mouse_dashboard.cli.convert import convert
from mouse_dashboard.cli.data import data
from mouse_dashboard.cli.doctor import doctor
from mouse_dashboard.cli.errors import echo, fail, one_line_errors
from mouse_dashboard.cli.mapping_options import NOTHING, Given, taking_mapping
from mouse_dashboard.cli.omp_tuning import let_idle_threads_sleep
from mouse_dashboard.cli.output_path import Force, check_output
from mouse_dashboard.cli.scan import scan, windows_of
from mouse_dashboard.cli.setting_flags import AllowedHosts, AllowPt, DataDir, Host, Notify, Port, RootPath, Token
from mouse_dashboard.reading.formats import ENDINGS
from mouse_dashboard.settings import Settings

cli = typer.Typer(
    help="See why a reinforcement-learning loss is what it is.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NewToken = Annotated[
    bool, typer.Option("--new-token", help="Make a token for this start and print it in the link: for shared machines.")
]
Open = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open a browser; by default only on a machine with a screen."),
]
Losses = Annotated[
    list[str] | None,
    typer.Option(
        "--loss", help="Loss function of your own, as FILE.py:FUNCTION; may be repeated.", metavar="FILE:NAME"
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(help=f"Batches ({', '.join(ENDINGS)}); the demo batch if none.", show_default=False),
]


def main() -> None:
    """Run the command line."""
    let_idle_threads_sleep()
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
@taking_mapping
def dashboard(  # noqa: PLR0913  one parameter per flag
    files: Files = None,
    *,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    token: Token = None,
    new_token: NewToken = False,
    allowed_hosts: AllowedHosts = None,
    root_path: RootPath = None,
    allow_pt: AllowPt = False,
    notify: Notify = None,
    open_browser: Open = None,
    losses: Losses = None,
    said: Given = NOTHING,
) -> None:
    """Open batches in the browser. Flags from --host to --root-path are MOUSE_ variables too, such as MOUSE_PORT."""
    if new_token and token is not None:
        fail("--new-token: found --token too, expected one of them.")
    settings = _settings(
        host=host,
        port=port,
        data_dir=data_dir,
        token=secrets.token_urlsafe(32) if new_token else token,
        allowed_hosts=allowed_hosts,
        root_path=root_path,
        allow_pt=allow_pt or None,
        notify=notify,
    )
    _serve(settings, files or [], seed=0, open_browser=open_browser, said=said, losses=losses or [])


@cli.command()
def demo(  # noqa: PLR0913  one parameter per flag
    out: Annotated[Path | None, typer.Option(help="Write the batch to this file, and open nothing.")] = None,
    *,
    force: Force = False,
    live: Annotated[bool, typer.Option("--live", help="Let it train beside the dashboard, and open its run.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another batch.")] = 0,
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
        _serve(_settings(port=port, data_dir=data_dir), [], seed, open_browser=open_browser, said=NOTHING)
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


def _settings(**given: Any) -> Settings:
    from pydantic import ValidationError  # noqa: PLC0415

    given["allowed_hosts"] = ",".join(given["allowed_hosts"]) if given.get("allowed_hosts") else None
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"][:1])
        fail(f"{where}{first['msg'].removeprefix('Value error, ')}.")


def _serve(  # noqa: PLR0913  what is served, and how
    settings: Settings,
    files: list[Path],
    seed: int,
    *,
    open_browser: bool | None,
    said: Given,
    losses: Sequence[str] = (),
) -> None:
    files = [each for file in files for each in windows_of(file)]
    for file in files:
        if not file.is_file():
            fail(f"{file}: no such file.")
    if settings.answers_only_to_addresses:
        typer.echo(
            "mouse: it answers to localhost and this machine's IP addresses; add --allowed-hosts NAME for a name.",
            err=True,
        )
    with one_line_errors():
        from mouse_dashboard.cli.functions import functions_of  # noqa: PLC0415
        from mouse_dashboard.cli.serving import listen, opening, serve, store_files  # noqa: PLC0415
        from mouse_dashboard.store.demo_batch import kept_demo_batch  # noqa: PLC0415

        functions = functions_of(losses)
        with listen(settings) as socket:
            ids = store_files(
                settings, files or [kept_demo_batch(settings.data_dir, seed)], said, own_losses=bool(functions)
            )
            first = opening(next(iter(ids), None))
            serve(settings, socket, first, open_browser=_wanted(open_browser), functions=functions)


def _serve_live(settings: Settings, seed: int, *, open_browser: bool | None) -> None:
    with one_line_errors():
        from mouse_dashboard.cli.demo_training import training  # noqa: PLC0415
        from mouse_dashboard.cli.serving import listen, serve, store_files  # noqa: PLC0415

        store_files(settings, [], NOTHING)  # what is wrong with the data folder is told now
        with listen(settings) as socket, training(settings, socket.getsockname()[1], seed) as first_snapshot:
            serve(settings, socket, first_snapshot, open_browser=_wanted(open_browser))


def _wanted(open_browser: bool | None) -> bool:
    return _has_screen() if open_browser is None else open_browser


def _has_screen() -> bool:
    """A browser started through SSH or without a display would be nobody's, or a text browser in the terminal."""
    if not sys.stdout.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
