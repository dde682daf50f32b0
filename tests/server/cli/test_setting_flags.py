"""Every flag that is a setting says of itself what the setting says."""

import pytest
from typer.testing import CliRunner

from mouse_dashboard.cli.main import cli
from mouse_dashboard.settings import Settings

NAMES = ["host", "port", "data_dir", "token", "allowed_hosts", "root_path", "allow_pt", "device"]


@pytest.fixture(scope="module")
def shown() -> str:
    """The help, as one line."""
    return " ".join(CliRunner().invoke(cli, ["dashboard", "--help"], env={"COLUMNS": "200"}).stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_flag_is_the_description_of_its_setting(name: str, shown: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert f"--{name.replace('_', '-')}" in shown
    assert description in shown


def test_the_help_names_defaults(shown: str) -> None:
    assert "Default: 127.0.0.1." in shown
    assert "Default: 8000." in shown
