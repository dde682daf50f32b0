"""Command-line flags that are settings: their help is the docstring of the field in `Settings`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mouse_dashboard.settings import Settings


def flag_of(name: str, *flags: str) -> Any:
    """The flag of a setting. If omitted, the setting takes its `MOUSE_` variable or its default."""
    field = Settings.model_fields[name]
    default = f" Default: {field.default}." if isinstance(field.default, str | int) and field.default else ""
    return typer.Option(*flags, help=f"{field.description}{default}")


Host = Annotated[str | None, flag_of("host")]
Port = Annotated[int | None, flag_of("port")]
DataDir = Annotated[Path | None, flag_of("data_dir")]
Token = Annotated[str | None, flag_of("token")]
AllowedHosts = Annotated[list[str] | None, flag_of("allowed_hosts", "--allowed-hosts", "--allowed-host")]
RootPath = Annotated[str | None, flag_of("root_path")]
AllowPt = Annotated[bool, flag_of("allow_pt", "--allow-pt")]
Device = Annotated[str | None, flag_of("device")]
Notify = Annotated[str | None, flag_of("notify")]
