"""What rules could not look at is told with the number of shards, of whole rules and of their parts alike."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from mouse.batch import save_batch
from mouse_dashboard.cli.main import cli
from mouse_dashboard.scan.library import scan_id
from mouse_dashboard.scan.summary import Summary
from mouse_dashboard.scan.unchecked import Unchecked, UncheckedShards
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.scan.shards import batch

RULE = "alignment-off-by-one"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three shards; one has no observations, and one no ends that a place beside them could show."""
    folder = tmp_path / "data"
    folder.mkdir()
    for seed in range(3):
        step_stream, out = batch(seed, steps=40)
        fields = dict(step_stream.items())
        if seed != 2:
            time = step_stream["done"].new_zeros(step_stream.shape)
            for step in range(1, 40):
                ended = step_stream["done"][:, step - 1] != 0
                time[:, step] = (time[:, step - 1] + 1).masked_fill(ended, 0)
            fields["time"] = time
        if seed == 1:
            del fields["observation"]
        save_batch(folder / f"{seed}.safetensors", step_stream.empty().update(fields), out)
    return folder


def scan(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["scan", *map(str, arguments), "--processes", "1", "--config", '{"dqn": {}}'])


def test_text_and_json_and_page_say_in_how_many_shards(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    screen = scan(data, "--out", out).stdout
    assert f"not checked in 1 of 3 shards: {RULE} (ends) needs 8 places where time begins anew" in screen
    assert re.search(r"not checked in 1 of 3 shards: [a-z, -]*n-step-discount[a-z, -]* needs? time\n", screen)
    assert re.search(r"not checked in 3 of 3 shards: [a-z, -]*theta-wraps[a-z, -]* need a config of vec_dqn\n", screen)
    told: list[dict[str, Any]] = json.loads(scan(data, "--json").stdout)["not_checked"]
    named = {(each["rule"], each["part"]): each for each in told}
    part = named[RULE, "ends"]
    assert (part["shards"], part["of"], part["more"]) == (1, 3, 0)
    assert len(part["needs"]) == 1
    assert (named["n-step-discount", ""]["shards"], named["theta-wraps", ""]["shards"]) == (1, 3)
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=[out]), LOCAL) as client:
        info = client.get(f"/api/scans/{scan_id(out)}").json()
    assert info["not_checked"] == told
    tables: Any = import_module("pyarrow.parquet")  # which has no types
    rules = tables.read_table(out / "rules.parquet").to_pylist()
    (row,) = (each for each in rules if each["rule"] == RULE and each["part"])
    assert (Path(row["shard"]).name, row["part"], row["checked"]) == ("2.safetensors", "ends", False)


def test_a_part_that_one_block_of_a_shard_saw_was_looked_at() -> None:
    found = UncheckedShards()
    found.add(Summary(checked={"a": 2}, not_checked={"a\nends": {"time": 1}, "b": {"q": 2}}))
    found.add(Summary(checked={"a": 2, "b": 1}, not_checked={"a\nends": {"time": 1, "order": 1}, "b": {"q": 1}}))
    assert found.all() == (
        Unchecked("a", "ends", 1, 2, ("order", "time"), 0),
        Unchecked("b", "", 1, 2, ("q",), 0),
    )


def test_needs_of_most_shards_are_told_and_others_counted() -> None:
    found = UncheckedShards()
    for number in (9, 7, 7, 5, 4):
        found.add(Summary(not_checked={"a": {f"{number} rows": 1}}))
    (each,) = found.all()
    assert each == Unchecked("a", "", 5, 5, ("7 rows", "4 rows", "5 rows"), 1)
    assert each.needs_text == "7 rows; 4 rows; 5 rows; and 1 other need"
