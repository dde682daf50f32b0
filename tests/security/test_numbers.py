"""Checks 22, 23 and 26: odd numbers in files and requests, and the library's numbers to the last bit."""

import json
import math
import tempfile
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient

from mouse.batch import load_batch, save_batch
from mouse.losses import HEADS, LOSSES
from tests.security.living import OPERATIONS, Living, places
from tests.server.batches import random_batch
from tests.server.files import send
from tests.server.test_evaluate import strict

pytestmark = pytest.mark.process  # readers of files work in a process of their own

FIELDS = ("reward", "xformed_reward", "q_star", *HEADS)
ODD = {"nan": math.nan, "pos_inf": math.inf, "neg_inf": -math.inf, "negative zero": -0.0, "denormal": 1e-42}
ALWAYS_SENT = ["NaN", "1e400", "true", '"0.9"', "null"]
NO_NUMBERS = ['"NaN"', "Infinity", "-Infinity", "[]", "{}", '"\\ud800"']
"""One of them in each place in turn: they are read as those that are sent to every place."""
NO_NUMBERS_IN_A_QUERY = ["NaN", "Infinity", "1e400", "true", "0.9", "null", "[]", "", "\ufffd", "1e2"]
NUMBERS_OF_METRICS = {'"NaN"', "NaN", "Infinity", "-Infinity", "1e400"}
"""A metric may be spelled so: training logs NaN, and it must not be lost."""


def planted(fields: Sequence[str], number: float) -> bytes:
    """A file with one odd number in each of some fields."""
    batch: Any = random_batch()
    batch.step_stream["xformed_reward"] = -batch.step_stream["reward"]
    for field in fields:
        group = batch.step_stream if field in batch.step_stream.keys() else batch.out  # noqa: SIM118
        group[field].view(4, 7, -1)[1, 3, 0] = number
    with tempfile.TemporaryDirectory() as folder:
        save_batch(Path(folder) / "odd.safetensors", batch.step_stream, batch.out)
        return (Path(folder) / "odd.safetensors").read_bytes()


@pytest.mark.parametrize("kind", ODD)
def test_check_22_an_odd_number_in_any_field_gives_strict_json_or_a_typed_4xx(
    kind: str, living_dashboard: Living
) -> None:
    client, plain = living_dashboard.client, {"nan": 0, "pos_inf": 0, "neg_inf": 0}
    everything: dict[str, Any] = {"configs": {name: {} for name in LOSSES}}
    # A small number in one field hides none in another one.
    for fields in [(field,) for field in FIELDS] if kind in plain else [FIELDS]:
        sent = send(client, planted(fields, ODD[kind]))
        assert sent.status_code == 201, sent.text
        told = {each["name"]: {key: each[key] for key in plain} for each in strict(sent.text)["fields"]}
        padding = {"neg_inf": 28 if (fields, kind) != (("q_star",), "neg_inf") else 29}
        for name, counts in told.items():
            expected = plain | ({kind: 1} if name in fields and kind in plain else {})
            assert counts == expected | (padding if name == "q_star" else {}), (fields, name)
        for operation in OPERATIONS:
            if "{batch_id}" not in operation.path or operation.method == "DELETE" or operation.path.endswith("/file"):
                continue
            bodies = [None]
            if operation.path.endswith("/evaluate"):
                bodies = [everything]
            for body in bodies:
                answer = living_dashboard.call(operation, batch_id=sent.json()["id"], body=body)
                assert answer.status_code == 200 or 400 <= answer.status_code < 500, (operation, fields)
                if answer.headers["content-type"] == "application/json":
                    strict(answer.text)


def test_check_23_what_is_no_number_is_422_naming_the_field(living_dashboard: Living) -> None:
    checked, in_turn = 0, cycle(NO_NUMBERS)
    for operation in OPERATIONS:
        for place in places(operation.body) if operation.body else ():
            if place.schema.get("type") not in {"number", "integer"}:
                continue
            for text in (*ALWAYS_SENT, next(in_turn)):
                if (text == "null" and place.optional) or (text in NUMBERS_OF_METRICS and "metrics" in place.field):
                    continue
                marked = json.dumps(place.put("@")).replace('"@"', text)
                answer = living_dashboard.call(operation, content=marked.encode())
                told = strict(answer.text)
                assert answer.status_code == 422, (operation, place.field, text, answer.text)
                assert told["field"] is not None, (operation, place.field, text, told)
                assert ".".join(place.field).startswith(told["field"]), (operation, place.field, text, told)
                checked += 1
    assert checked > 500


def test_check_23_what_is_no_number_in_a_query_or_path_is_422_naming_the_field(living_dashboard: Living) -> None:
    for operation in OPERATIONS:
        for name, described in operation.parameters.items():
            if described["schema"].get("type") in {"number", "integer"}:
                for text in NO_NUMBERS_IN_A_QUERY:
                    if text == "" and described["in"] == "path":
                        continue
                    asked: dict[str, Any] = {name: text}
                    answer = living_dashboard.call(operation, **asked)
                    assert (answer.status_code, answer.json()["field"]) == (422, name), (operation, text, answer.text)


CONFIGS: dict[str, Any] = {
    "dqn": {"gamma": 0.9, "cql_weight": 0.5, "normalize_reward_std": True},
    "vec_dqn": {"reward_scale": 0.3},
    "sp": {"loss_type": "js", "temperature": 0.7},
    "sv": {"loss_type": "mae"},
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_check_26_the_numbers_of_the_api_are_the_librarys_to_the_last_bit(
    dtype: torch.dtype, client: TestClient, tmp_path: Path
) -> None:
    made: Any = random_batch(rows=5, steps=9)
    out = {name: value.to(dtype) for name, value in made.out.items()}
    save_batch(tmp_path / "batch.safetensors", made.step_stream, type(made.out)(out, made.out.batch_size))
    batch = load_batch(tmp_path / "batch.safetensors")
    batch_id = send(client, (tmp_path / "batch.safetensors").read_bytes()).json()["id"]
    for name, loss in LOSSES.items():
        cfg = loss.config(**CONFIGS[name])
        heads = [batch[1]] if name == "dqn" else [batch[1][head] for head in loss.heads]
        value, metrics = loss.function(batch[0], *heads, cfg)
        answer = client.post(f"/api/batches/{batch_id}/evaluate", json={"configs": {name: CONFIGS[name]}})
        told = strict(answer.text)["losses"][name]
        assert told["error"] is None, told
        assert float(told["loss"]) == value.item()
        assert {key: float(number) for key, number in told["metrics"].items()} == metrics
