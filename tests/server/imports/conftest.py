from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.files import send
from tests.server.imports.rollouts import rollout
from tests.server.reading.reading import read_in_this_process


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What readers make of a file is the same in a process of their own, which the tests of libraries start."""
    read_in_this_process(monkeypatch)


@pytest.fixture
def waiting(client: TestClient) -> dict[str, Any]:
    """What is told of a file that is no batch as it is."""
    answer = send(client, rollout(), "rollout.npz")
    assert answer.status_code == 202
    return answer.json()
