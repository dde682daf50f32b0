from collections.abc import Generator
from pathlib import Path

import pytest

from mouse_dashboard.store import BatchStore
from tests.server.store.received import LIMITS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def batch_store(folder: Path) -> Generator[BatchStore]:
    with BatchStore(folder, LIMITS) as opened:
        yield opened
