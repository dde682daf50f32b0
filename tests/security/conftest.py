"""The checks use the dashboard without a socket that the tests of the service use, and one with something in it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from mouse_dashboard.settings import Settings
from tests.security.living import Living, living
from tests.server.conftest import client, dashboard, settings, stored

__all__ = ["client", "dashboard", "settings", "stored"]


@pytest.fixture
def living_dashboard(tmp_path: Path) -> Generator[Living]:
    """One that keeps something of everything."""
    with living(tmp_path / "data") as made:
        yield made


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.data_dir
