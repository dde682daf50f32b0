"""`mouse data`: show the data folder and its quarantined files."""

from typing import Annotated

import typer

from mouse_dashboard.cli.errors import echo, one_line_errors
from mouse_dashboard.cli.setting_flags import DataDir
from mouse_dashboard.settings import Settings

Empty = Annotated[bool, typer.Option("--empty-quarantine", help="Remove the files that were put aside.")]


def data(*, data_dir: DataDir = None, empty_quarantine: Empty = False) -> None:
    """Show the data folder and the files that were put aside in it."""
    from mouse_dashboard.store.data_folder import DataFolder  # noqa: PLC0415
    from mouse_dashboard.store.quarantine import Quarantine  # noqa: PLC0415

    with one_line_errors():
        folder = data_dir or Settings().data_dir
        quarantine = Quarantine(DataFolder(folder).path / "quarantine")
        echo(str(folder))
        if empty_quarantine:
            typer.echo(f"removed {quarantine.remove()} files from the quarantine")
        for file in quarantine.files():
            echo(str(file))
