"""Terms as files: every row and every bit of what the library computes, in chunks, named after the batch."""

import csv
import io
import json
import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load  # pyright: ignore[reportUnknownVariableType]
from starlette.testclient import TestClient
from torch import Tensor

import mouse_dashboard.compute.stage_one
from mouse.batch import load_batch
from mouse.losses import LOSSES
from mouse_dashboard.compute.batch import Batch, LossJob
from mouse_dashboard.compute.cache import ResultCache
from mouse_dashboard.compute.cancel import CancelToken
from mouse_dashboard.exports import terms_csv, terms_safetensors
from mouse_dashboard.exports.terms import cut_places, terms_of
from mouse_dashboard.exports.terms_csv import csv_chunks
from mouse_dashboard.exports.terms_safetensors import safetensors_chunks
from mouse_dashboard.reading.safetensors import check_safetensors
from mouse_dashboard.schema.numbers import plain
from tests.server.batches import random_batch
from tests.server.files import saved_batch, send

CONFIGS = {name: dict[str, Any]() for name in LOSSES} | {
    "dqn": {"gamma": 0.9, "cql_weight": 0.5},
    "vec_dqn": {"reward_scale": 0.3},
    "sp": {"loss_type": "kl-fwd", "temperature": 0.7},
    "sv": {"loss_type": "mae"},
}


@pytest.fixture(scope="module")
def batch_id(dashboard: TestClient) -> str:
    return send(dashboard, saved_batch(rows=3, steps=6), "my batch µ.npz").json()["id"]


@pytest.fixture
def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks, several chunks of each."""
    monkeypatch.setattr(mouse_dashboard.compute.stage_one, "ENTRIES_PER_BLOCK", 2 * 6 * 3)
    monkeypatch.setattr(terms_csv, "VALUES", 40)
    monkeypatch.setattr(terms_safetensors, "BYTES", 16)


def download(dashboard: TestClient, batch_id: str, loss: str, ending: str) -> Any:
    configs = json.dumps({loss: CONFIGS[loss]})
    query = {"loss": loss, "format": ending, "configs": configs}
    answer = dashboard.get(f"/api/batches/{batch_id}/terms", params=query)
    assert answer.status_code == 200
    return answer


def library(dashboard: TestClient, batch_id: str, name: str, folder: Path) -> dict[str, Tensor]:
    """The terms that are on, from the downloaded batch, by the library alone."""
    (folder / "batch.safetensors").write_bytes(dashboard.get(f"/api/batches/{batch_id}/file").content)
    loss = LOSSES[name]
    cfg = loss.config(**CONFIGS[name])
    terms = loss.terms(loss.inputs(*load_batch(folder / "batch.safetensors"), **loss.stage_options(cfg)), cfg)
    values = {term.name: getattr(terms, term.name) for term in loss.term_infos}
    return {name: value for name, value in values.items() if value is not None}


def check_csv(text: str, expected: dict[str, Tensor]) -> None:
    lines = list(csv.DictReader(io.StringIO(text)))
    rows, steps = expected["loss"].shape
    assert [(int(line.pop("row")), int(line.pop("step"))) for line in lines] == list(product(range(rows), range(steps)))
    for name, value in expected.items():
        flat = value.reshape(rows * steps, -1)
        columns = [name] if value.dim() == 2 else [f"{name}[{index}]" for index in range(flat.shape[1])]
        for index, column in enumerate(columns):
            shown = [line.pop(column) for line in lines]
            assert shown == [str(number) for number in plain(flat[:, index])], column
    assert all(line == {} for line in lines)


@pytest.mark.parametrize("name", LOSSES)
def test_the_csv_holds_every_number_of_the_library(
    dashboard: TestClient, batch_id: str, name: str, tmp_path: Path
) -> None:
    answer = download(dashboard, batch_id, name, "csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f"attachment; filename*=utf-8''my%20batch%20%C2%B5-{name}-terms.csv"
    check_csv(answer.text, library(dashboard, batch_id, name, tmp_path))


@pytest.mark.parametrize("name", LOSSES)
def test_the_safetensors_file_holds_every_tensor_of_the_library(
    dashboard: TestClient, batch_id: str, name: str, tmp_path: Path
) -> None:
    answer = download(dashboard, batch_id, name, "safetensors")
    assert int(answer.headers["content-length"]) == len(answer.content)
    (tmp_path / "terms.safetensors").write_bytes(answer.content)
    check_safetensors(tmp_path / "terms.safetensors")
    expected = library(dashboard, batch_id, name, tmp_path)
    with safe_open(tmp_path / "terms.safetensors", "pt") as file:  # pyright: ignore[reportUnknownVariableType]
        told = cast("dict[str, str]", file.metadata())
        found: dict[str, Tensor] = load(answer.content)
    assert found.keys() == expected.keys()
    for term, value in expected.items():
        assert found[term].dtype == value.dtype
        assert found[term].equal(value)
    assert (told["batch"], told["loss"]) == (batch_id, name)
    assert LOSSES[name].config(**json.loads(told["config"])) == LOSSES[name].config(**CONFIGS[name])


@pytest.mark.usefixtures("in_small_pieces")
@pytest.mark.parametrize("name", LOSSES)
def test_files_in_blocks_and_small_chunks_are_whole(
    dashboard: TestClient, batch_id: str, name: str, tmp_path: Path
) -> None:
    file = tmp_path / "blocks.safetensors"
    file.write_bytes(dashboard.get(f"/api/batches/{batch_id}/file").content)
    batch = Batch("in blocks", *load_batch(file))
    terms = terms_of(
        LossJob(batch, LOSSES[name], LOSSES[name].config(**CONFIGS[name])), ResultCache(0), CancelToken(60)
    )
    assert len(list(terms.blocks())) > 1
    whole = library(dashboard, batch_id, name, tmp_path)
    expected = {term: torch.cat([block[term] for block in terms.blocks()]) for term in whole}
    assert all(expected[term].allclose(value, equal_nan=True) for term, value in whole.items())
    check_csv(b"".join(csv_chunks(terms)).decode(), expected)
    size, chunks = safetensors_chunks(terms)
    content = list(chunks)
    assert size == sum(map(len, content))
    assert len(content) > len(expected) * 2
    found: dict[str, Tensor] = load(b"".join(content))
    assert all(found[term].equal(value) for term, value in expected.items())


@pytest.mark.slow
def test_chunks_of_a_long_batch_stay_small() -> None:
    def terms(steps: int) -> Any:
        job = LossJob(random_batch(rows=3, steps=steps, actions=18), LOSSES["dqn"], LOSSES["dqn"].config())
        return terms_of(job, ResultCache(0), CancelToken(60))

    sizes = [len(chunk) for chunk in csv_chunks(terms(8_000))]
    assert max(sizes) < 4 << 20 < sum(sizes)
    sizes = [len(chunk) for chunk in safetensors_chunks(terms(40_000))[1]]
    assert max(sizes) <= 4 << 20 < sum(sizes)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 1), (3, 5, 7), (3, 5, 10), (3, 5, 99), (4, 1, 0)])
def test_pieces_cover_every_place_once_in_order(shape: tuple[int, int, int]) -> None:
    rows, steps, size = shape

    def places() -> Iterator[tuple[int, int]]:
        for row, step in cut_places(rows, steps, size):
            yield from product(range(row.start, row.stop), range(step.start, step.stop))

    assert list(places()) == list(product(range(rows), range(steps)))


def test_what_is_not_finite_is_spelled_in_the_csv() -> None:
    batch = random_batch(rows=1, steps=5)
    for step, number in enumerate((math.nan, math.inf, -math.inf), 1):
        batch.step_stream["reward"][0, step] = number
    terms = terms_of(LossJob(batch, LOSSES["dqn"], LOSSES["dqn"].config()), ResultCache(0), CancelToken(60))
    lines = csv.DictReader(io.StringIO(b"".join(csv_chunks(terms)).decode()))
    assert [line["reward"] for line in lines][:3] == ["nan", "inf", "-inf"]


def test_a_file_of_a_term_in_half_precision_is_exact() -> None:
    batch: Any = random_batch(rows=2, steps=4)
    for head in ("dqn", "dqn_target"):
        batch.out[head] = batch.out[head].to(torch.bfloat16)
    terms = terms_of(LossJob(batch, LOSSES["dqn"], LOSSES["dqn"].config()), ResultCache(0), CancelToken(60))
    found: dict[str, Tensor] = load(b"".join(safetensors_chunks(terms)[1]))
    assert found["q"].equal(batch.out["dqn"][:, :-1])


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"loss": "dqn"}, "missing_value", "configs"),
        ({"loss": "dqn", "configs": "{"}, "invalid_json", "configs"),
        ({"loss": "dqn", "configs": "[]"}, "invalid_value", "configs"),
        ({"loss": "dqn", "configs": "{}"}, "no_loss", "configs"),
        ({"loss": "sv", "configs": '{"dqn": {}}'}, "unknown_loss", "loss"),
        ({"loss": "dqn", "configs": '{"dqn": {"gamma": 2}}'}, "invalid_value", "configs.dqn.gamma"),
        (
            {"loss": "dqn", "configs": '{"dqn": {"use_xformed_reward": true}}'},
            "missing_field",
            "step_stream.xformed_reward",
        ),
        ({"loss": "dqn", "configs": '{"dqn": {}}', "format": "xlsx"}, "invalid_value", "format"),
    ],
)
def test_a_wrong_link_is_told_before_anything_is_sent(
    dashboard: TestClient, batch_id: str, query: dict[str, str], code: str, field: str
) -> None:
    answer = dashboard.get(f"/api/batches/{batch_id}/terms", params={"format": "csv"} | query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
