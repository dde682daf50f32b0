"""Errors of the command line: anything that the user can fix is one line on stderr, with exit code 2."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import NoReturn

import typer

from mouse.wording import visible


@contextmanager
def one_line_errors() -> Generator[None]:
    """Report errors of files, fields and addresses in one line."""
    from mouse.errors import BatchError, MissingFieldError  # noqa: PLC0415
    from mouse_dashboard.schema.errors import ApiError  # noqa: PLC0415

    try:
        yield
    except (ApiError, BatchError, MissingFieldError) as error:
        fail(str(error))
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        fail(what if what.endswith(".") else f"{what}.")


def fail(message: str) -> NoReturn:
    """End with exit code 2 and one line on stderr."""
    echo(f"mouse: {' '.join(message.split())}", err=True)
    raise typer.Exit(2)


def echo(text: str, *, err: bool = False) -> None:
    """Print a line that contains names of files or fields, with invisible characters escaped."""
    typer.echo(visible(text), err=err)
