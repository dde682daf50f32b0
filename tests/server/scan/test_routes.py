"""A saved scan as the page asks for it."""

import json
from collections.abc import Callable, Generator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
from safetensors.torch import save
from starlette.testclient import TestClient
from tensordict import TensorDict

from mouse.batch import load_batch, save_batch
from mouse_dashboard.scan.library import scan_id
from mouse_dashboard.settings import Settings
from mouse_dashboard.web.app import create_app
from tests.server.conftest import LOCAL
from tests.server.figures.parts import decoded
from tests.server.scan.shards import batch, write_out

SHARDS = 6
UNKNOWN = "0" * 32
Get = Callable[..., Any]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Six shards, one with rewards times a thousand and one cut off; a scan of them, and one under another gamma."""
    root = tmp_path_factory.mktemp("scans")
    data = root / "data"
    data.mkdir()
    for seed in range(SHARDS):
        step_stream, out = batch(seed)
        if seed == 3:
            step_stream = TensorDict({**step_stream, "reward": step_stream["reward"] * 1000}, step_stream.batch_size)
        save_batch(data / f"{seed}.safetensors", step_stream, out)
    broken = data / "4.safetensors"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    write_out(data, root / "now", 0.9, ("dqn.gamma=0.5,0.9",))
    write_out(data, root / "before", 0.5)
    return data, root / "now", root / "before"


@pytest.fixture(scope="module")
def client(folders: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Generator[TestClient]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("store")), scans=folders[1:])
    with TestClient(app, LOCAL) as started:
        yield started


@pytest.fixture
def get(client: TestClient, folders: tuple[Path, Path, Path]) -> Get:
    """Ask for a part of the first scan."""

    def asked(part: str = "", **query: Any) -> Any:
        answer = client.get(f"/api/scans/{scan_id(folders[1])}{part}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return asked


def names(page: Any) -> list[str]:
    return [Path(row["shard"]).stem for row in page["shards"]]


def test_the_list_holds_the_scans_of_the_command_line(client: TestClient) -> None:
    first, second = client.get("/api/scans").json()["scans"]
    assert (first["name"], first["shards"], first["standing_out"], first["complete"]) == ("now", SHARDS, 2, True)
    assert second["name"] == "before"


def test_the_first_shards_are_those_that_stand_out(get: Get) -> None:
    page = get("/shards")
    assert (page["total"], page["matching"], names(page)[:2]) == (SHARDS, SHARDS, ["4", "3"])
    cut, scaled = page["shards"][:2]
    assert (cut["read"], cut["check"], cut["deviation"]) == (False, "shard-unreadable", None)
    assert (scaled["deviation"] > 0.5, scaled["large"], cut["large"]) == (True, True, False)
    assert scaled["warnings"] > 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"sort": "name"}, ["0", "1", "2", "3", "4", "5"]),
        ({"sort": "name", "descending": True, "limit": 2, "offset": 1}, ["4", "3"]),
        ({"sort": "deviation", "descending": True, "limit": 1}, ["3"]),
        ({"sort": "loss", "descending": True, "limit": 1}, ["3"]),
        ({"state": "errors"}, ["4"]),
        ({"check": "shard-drift"}, ["3"]),
        ({"search": "KOLMOGOROV"}, ["3"]),
        ({"search": "5.safe"}, ["5"]),
        ({"search": "nothing of it"}, []),
    ],
)
def test_shards_are_sorted_filtered_and_paged(get: Get, query: dict[str, Any], expected: list[str]) -> None:
    assert names(get("/shards", **query)) == expected


def test_a_shard_without_a_number_comes_last_either_way(get: Get) -> None:
    for descending in (False, True):
        assert names(get("/shards", sort="loss", descending=descending))[-1] == "4"


def test_a_shard_tells_all_that_is_wrong_with_it(get: Get) -> None:
    broken, scaled = get("/shards/0"), get("/shards/1")
    assert broken["issues"][0]["title"] == "Shard cannot be read"
    assert "expected" in broken["issues"][0]["message"]
    assert "shard-drift" in {each["check"] for each in scaled["issues"]}
    distances = [each["distance"] for each in scaled["deviations"]]
    assert distances == sorted(distances, reverse=True)
    assert [each["large"] for each in scaled["deviations"]] == [distance > 0.2 for distance in distances]
    means = {each["quantity"]: (each["mean"], each["mean_of_all"]) for each in scaled["deviations"]}
    assert abs(means["episode_return"][0]) > abs(means["episode_return"][1])
    assert means["action"] == (None, None)


def test_losses_findings_and_worst_transitions_are_of_all_shards(get: Get) -> None:
    info = get()
    (loss,) = info["losses"]
    assert (loss["name"], loss["non_finite"]) == ("dqn", 0)
    assert info["findings"][0]["check"] == "shard-unreadable"
    assert {each["check"] for each in info["findings"]} >= {"shard-unreadable", "shard-drift"}
    values = [each["value"] for each in info["worst"]]
    assert values == sorted(values, reverse=True)
    assert {Path(each["shard"]).stem for each in info["worst"]} == {"3"}
    assert info["command"][0] == "dqn: gamma = 0.9"


def test_a_histogram_counts_every_number_once_and_one_shard_beside_all(get: Get, folders: tuple[Path, ...]) -> None:
    figures = get("/distribution", quantity="reward", shard=1)
    whole, own = figures["histogram"]["figure"]["data"]
    read = [load_batch(folders[0] / f"{seed}.safetensors")[0]["reward"][:, 1:] for seed in (0, 1, 2, 3, 5)]
    assert sum(each[1] for each in whole["customdata"]) == sum(value.numel() for value in read)
    assert sum(each[1] for each in own["customdata"]) == read[3].numel()
    (ranges,) = figures["shards"]["figure"]["data"]
    assert [each[1] for each in ranges["customdata"]] == [f"{seed}.safetensors" for seed in (0, 1, 2, 3, 5)]
    assert ranges["marker"]["symbol"].index("diamond") == 3


def test_bars_are_equally_wide_where_most_rewards_are_zero(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    step_stream, heads = batch(0)
    reward = step_stream["reward"] * (torch.rand(step_stream.shape, generator=torch.Generator().manual_seed(0)) < 0.1)
    save_batch(data / "0.safetensors", TensorDict({**step_stream, "reward": reward}, step_stream.shape), heads)
    write_out(data, tmp_path / "out", 0.9)
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=[tmp_path / "out"]), LOCAL) as client:
        figures = client.get(f"/api/scans/{scan_id(tmp_path / 'out')}/distribution", params={"quantity": "reward"})
    (bars,) = figures.json()["histogram"]["figure"]["data"]
    widths = decoded(bars["width"])[1:-1]
    assert max(widths) < 1.5 * median(widths)


def test_codes_are_counted_one_by_one(get: Get) -> None:
    figures = get("/distribution", quantity="action")
    assert [each[0] for each in figures["histogram"]["figure"]["data"][0]["customdata"]] == ["0", "1", "2"]
    assert figures["shards"] is None


def test_classes_name_the_shard_where_they_are_worst(get: Get) -> None:
    found = [each for each in get("/classes", loss="dqn", shard=1)["classes"] if each["grouping"] == "action"]
    assert len(found) == 3
    for each in found:
        assert Path(each["highest"]).stem == "3"
        assert each["mean_of_shard"] == each["highest_mean"] > each["mean"]


def test_a_sweep_is_a_curve(get: Get) -> None:
    figure, target = get("/sweep")["figures"]
    assert target["note"].startswith("dqn q_values_target: as training would log it, mean over ")
    assert "q_values_target" in target["figure"]["layout"]["yaxis"]["title"]["text"]
    (trace,) = figure["figure"]["data"]
    assert len(trace["customdata"]) == 2
    assert "dqn.gamma" in figure["figure"]["layout"]["xaxis"]["title"]["text"]


def test_two_scans_are_compared(get: Get, folders: tuple[Path, ...]) -> None:
    found = get(f"/comparison/{scan_id(folders[2])}")
    assert found["common_shards"] == SHARDS - 1
    (loss,) = found["losses"]
    assert loss["now"] != loss["before"]
    assert found["rose"] + found["fell"] == SHARDS - 1
    assert get(f"/comparison/{scan_id(folders[1])}") | {"losses": []} == {
        "other": scan_id(folders[1]), "common_shards": SHARDS - 1, "losses": [], "shards": [], "classes": [],
        "rose": 0, "fell": 0, "new": [], "new_count": 0, "gone": [], "gone_count": 0,
    }  # fmt: skip


def test_the_window_of_a_transition_becomes_a_batch_once(
    client: TestClient, get: Get, folders: tuple[Path, ...]
) -> None:
    address = f"/api/scans/{scan_id(folders[1])}/windows"
    before = {path: path.read_bytes() for path in folders[1].rglob("*") if path.is_file()}
    answers = [client.post(address, json={"number": 0}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    opened, worst = answers[0].json(), get()["worst"][0]
    assert opened["batch"]["name"] == f"3-{worst['row']}-{worst['step']}.safetensors"
    assert opened["configs"] == {"dqn": {"gamma": 0.9}}
    place = {"rows": [0, 1], "steps": [opened["step"], opened["step"] + 1]}
    body = {"configs": opened["configs"], "loss": "dqn", "term": "loss", **place}
    terms = client.post(f"/api/batches/{opened['batch']['id']}/transition", json=body).json()["terms"]
    shown = {term["name"]: term["value"] for term in terms}
    assert shown["loss"] == pytest.approx(worst["value"], rel=1e-6)
    assert {path: path.read_bytes() for path in folders[1].rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        (f"{UNKNOWN}", 404, "unknown_scan"),
        ("SCAN/shards/99", 404, "unknown_shard"),
        ("SCAN/distribution?quantity=nothing", 404, "unknown_quantity"),
        ("SCAN/classes?loss=nothing", 404, "unknown_loss"),
        ("SCAN/shards?limit=1000", 422, "invalid_value"),
        ("SCAN/shards?sort=size", 422, "invalid_value"),
        (f"SCAN/comparison/{UNKNOWN}", 404, "unknown_scan"),
        ("..%2f..%2fetc", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_refused(
    client: TestClient, folders: tuple[Path, ...], part: str, status: int, code: str
) -> None:
    answer = client.get(f"/api/scans/{part.replace('SCAN', scan_id(folders[1]))}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


LINK = b"a link"


@pytest.mark.parametrize(
    ("number", "found"), [(10_000, LINK), (0, LINK), (0, b""), (0, b"no batch"), (0, save({"a": torch.zeros(2)}))]
)
def test_a_window_that_is_not_there_is_refused(tmp_path: Path, number: int, found: bytes) -> None:
    data = tmp_path / "data"
    data.mkdir()
    save_batch(data / "0.safetensors", *batch(0))
    write_out(data, tmp_path / "out", 0.9)
    for window in (tmp_path / "out" / "windows").iterdir():
        window.unlink()
        if found == LINK:
            window.symlink_to(data / "0.safetensors")
        elif found:
            window.write_bytes(found)
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=[tmp_path / "out"]), LOCAL) as client:
        answer = client.post(f"/api/scans/{scan_id(tmp_path / 'out')}/windows", json={"number": number})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_window")


def test_a_folder_that_changes_is_read_anew_and_a_broken_one_is_said(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    save_batch(data / "0.safetensors", *batch(0))
    write_out(data, out, 0.9)
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=[out]), LOCAL) as client:
        address = f"/api/scans/{scan_id(out)}"
        assert client.get(address).json()["shards"] == 1
        save_batch(data / "1.safetensors", *batch(1))
        write_out(data, out, 0.9)
        assert client.get(address).json()["shards"] == 2
        facts = json.loads((out / "scan.json").read_text())
        (out / "scan.json").write_text(json.dumps(facts | {"format": 1}))
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (422, "other_scan_format")
        assert str(tmp_path) not in answer.text
        (out / "scan.json").write_text("{")
        assert client.get(address).json()["code"] == "no_scan"
        (listed,) = client.get("/api/scans").json()["scans"]
        assert "found no scan there" in listed["error"]


def test_numbers_that_are_none_travel(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for seed in range(3):
        step_stream, heads = batch(seed)
        if seed == 1:
            step_stream["reward"][0, 3] = torch.inf
            step_stream["reward"][1, 3] = torch.nan
        save_batch(data / f"{seed}.safetensors", step_stream, heads)
    write_out(data, out, 0.9)
    with TestClient(create_app(Settings(data_dir=tmp_path / "store"), scans=[out]), LOCAL) as client:
        info = client.get(f"/api/scans/{scan_id(out)}").json()
        assert info["losses"][0]["non_finite"] == 2
        assert client.get(f"/api/scans/{scan_id(out)}/shards/0").json()["issues"]
