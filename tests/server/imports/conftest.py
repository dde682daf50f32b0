from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.files import send
from tests.server.imports.rollouts import rollout


@pytest.fixture
def waiting(client: TestClient) -> dict[str, Any]:
    """What is told of a file that is no batch as it is."""
    answer = send(client, rollout(), "rollout.npz")
    assert answer.status_code == 202
    return answer.json()
