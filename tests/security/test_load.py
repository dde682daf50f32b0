"""Checks 21, 27, 28 and 31: errors give nothing away, analysis changes nothing, many requests fill nothing."""

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mouse.batch import batch_bytes
from mouse_dashboard.compute.cache import CacheKey, ResultCache
from mouse_dashboard.schema.errors import ErrorBody
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.security.living import OPERATIONS, Living
from tests.server.batches import random_batch
from tests.server.conftest import LOCAL
from tests.server.files import saved_batch, send

pytestmark = pytest.mark.process  # readers of files work in a process of their own

CLIENTS = 50
MIB = 1 << 20
LONG = "<marker>" * 500


def hashes(dashboard: Living) -> dict[str, str]:
    folder = dashboard.folder / "batches"
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_check_21_an_error_is_one_schema_and_gives_nothing_away(living_dashboard: Living) -> None:
    seen: set[int] = set()
    for operation in OPERATIONS:
        wrong: list[dict[str, Any]] = [{"headers": {"Host": "evil"}}, {"content": LONG.encode()}, {"content": b"\xff"}]
        wrong += [{name: LONG} for name in operation.parameters]
        for asked in wrong:
            answer = living_dashboard.call(operation, **asked)
            if answer.status_code < 400:
                continue
            seen.add(answer.status_code)
            body = ErrorBody.model_validate_json(answer.content)
            assert answer.json().keys() == {"status", "code", "message", "field", "traceback"}, operation
            assert body.traceback is None, "only a loss function of the operator's own has one"
            assert body.status == answer.status_code
            assert len(answer.content) < 1000, operation
            for secret in ("Traceback", str(living_dashboard.folder), "site-packages", ".py", LONG[:200]):
                assert secret not in answer.text, (operation, answer.text)
    assert {400, 404, 415, 422} <= seen


def test_check_27_analysis_never_changes_a_stored_batch(living_dashboard: Living) -> None:
    before = hashes(living_dashboard)
    for operation in OPERATIONS:
        if "{batch_id}" in operation.path and operation.method != "DELETE":
            assert living_dashboard.call(operation).status_code in {200, 422}, operation
    assert hashes(living_dashboard) == before


def test_check_28_fifty_clients_get_what_one_gets(living_dashboard: Living) -> None:
    client = living_dashboard.client
    ids = [send(client, saved_batch(seed=seed)).json()["id"] for seed in range(5)]
    asked = [(ids[number % 5], {"configs": {"dqn": {"gamma": number % 7 / 10}, "sv": {}}}) for number in range(CLIENTS)]

    def evaluate(one: tuple[str, Any]) -> Any:
        return client.post(f"/api/batches/{one[0]}/evaluate", json=one[1]).json()["losses"]

    expected = [evaluate(one) for one in asked]
    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(evaluate, asked)) == expected
    assert len({str(one) for one in expected}) > 5, "different questions have different answers"


def allocated() -> int:
    """Bytes of memory that this process has in use, beside the files that it has mapped."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) << 10


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_check_31_uploads_and_evaluations_leave_no_more_in_memory_than_the_cache_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Settings(data_dir=tmp_path, cache_bytes=4 * MIB))
    with TestClient(app, LOCAL) as client:
        cache: ResultCache = app.state.evaluator.cache
        put, sizes = cache.put, list[int]()

        def watched(key: CacheKey, value: Any, size: int) -> None:
            sizes.append(size)
            put(key, value, size)

        monkeypatch.setattr(cache, "put", watched)

        def use(number: int) -> None:
            batch: Any = random_batch(seed=number, rows=128, steps=64)
            batch_id = send(client, batch_bytes(batch.step_stream, batch.out)).json()["id"]
            for step in range(8):
                body = {"configs": {"dqn": {"gamma": step / 10}, "sv": {}}}
                assert client.post(f"/api/batches/{batch_id}/evaluate", json=body).status_code == 200
                assert cache.size <= 4 * MIB

        for number in range(5):
            use(number)
        before, sent = allocated(), sum(sizes)
        for number in range(5, 25):
            use(number)
        assert sum(sizes) - sent > 32 * MIB, "what was evaluated would not fit"
        assert allocated() - before < 16 * MIB
